// The part of the Responses API that only calls of other providers need, in one file of the bundle.
export { responseEventsOf, responseOf } from './events.ts';
export { chatOfResponses } from './to-chat.ts';
