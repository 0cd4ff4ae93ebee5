// POST /v1/responses — the stateless part of OpenAI's Responses, whole or streamed, for every provider.
import { responseEventsOfEarlier, responses } from '#shared/tools/builtin/responses.ts';

import { brokenResponse } from './edge/broken-response.ts';
import { modelRoute, namedEvent } from './edge/model-route.ts';
import { openaiError, openaiHeaders } from './edge/openai-error.ts';

export const handler = modelRoute('responses', {
  tool: responses,
  parameters: (body) => body,
  whole: ({ response }) => response,
  event: namedEvent,
  again: responseEventsOfEarlier,
  error: openaiError,
  errorHeaders: openaiHeaders,
  broken: brokenResponse,
});
