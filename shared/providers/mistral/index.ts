import type { ChatAdapter } from '#shared/providers/chat.ts';
import { readCompletion } from '#shared/providers/openai/response.ts';
import { createStreamReader } from '#shared/providers/openai/stream.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';

import { requestBody } from './request.ts';

const dialect = openaiDialect('/v1');

/** Mistral's La Plateforme. */
export const mistral: ChatAdapter = {
  ...dialect,
  body: requestBody,
  reply: readCompletion,
  reader: createStreamReader,
  embed: { ...dialect.embed, body: ({ model, input }) => ({ model, input }) },
};
