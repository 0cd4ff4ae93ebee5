// POST /v1/embeddings — OpenAI's Embeddings, for every provider that has them.
import { withoutAbsent } from '#shared/providers/absent.ts';
import { embeddings } from '#shared/tools/builtin/embeddings.ts';

import { modelRoute } from './edge/model-route.ts';
import { openaiError, openaiHeaders } from './edge/openai-error.ts';

export const handler = modelRoute('embeddings', {
  tool: embeddings,
  parameters: withoutAbsent,
  whole: ({ embedded }) => embedded,
  event: (piece) => `data: ${JSON.stringify(piece)}\n\n`,
  error: openaiError,
  errorHeaders: openaiHeaders,
});
