// POST /v1/messages/count_tokens — Anthropic's count of the tokens of a request; an estimate for other providers.
import { countTokens } from '#shared/tools/builtin/messages.ts';

import { messagesDialect } from './edge/messages-dialect.ts';
import { modelRoute } from './edge/model-route.ts';

export const handler = modelRoute('messages-count', {
  ...messagesDialect,
  tool: countTokens,
  whole: ({ count }) => count,
});
