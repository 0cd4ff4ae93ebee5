// POST /v1/messages — Anthropic's Messages, whole or streamed, for every provider.
import { eventsOfEarlier, messages } from '#shared/tools/builtin/messages.ts';

import { messagesDialect } from './edge/messages-dialect.ts';
import { modelRoute } from './edge/model-route.ts';

export const handler = modelRoute('messages', {
  ...messagesDialect,
  tool: messages,
  whole: ({ message }) => message,
  again: eventsOfEarlier,
});
