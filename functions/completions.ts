// POST /v1/chat/completions — OpenAI's Chat Completions, whole or streamed, for every provider.
import { withoutAbsent } from '#shared/providers/absent.ts';
import { chatCompletions, piecesAgain } from '#shared/tools/builtin/chat-completions.ts';

import { modelRoute } from './edge/model-route.ts';
import { openaiError, openaiHeaders } from './edge/openai-error.ts';

export const handler = modelRoute('completions', {
  tool: chatCompletions,
  parameters: withoutAbsent,
  whole: ({ completion }) => completion,
  event: (piece) => `data: ${JSON.stringify(piece)}\n\n`,
  lastEvent: 'data: [DONE]\n\n',
  again: piecesAgain,
  error: openaiError,
  errorHeaders: openaiHeaders,
});
