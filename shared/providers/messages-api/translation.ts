// The part of the Messages API that only calls of other providers need, in one file of the bundle.
export { messageEvents, toMessagesResponse } from './from-chat.ts';
export { chatOfMessages } from './to-chat.ts';
