import type { ChatAdapter } from '#shared/providers/chat.ts';
import { readCompletion } from '#shared/providers/openai/response.ts';
import { createStreamReader } from '#shared/providers/openai/stream.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';

import { requestBody } from './request.ts';

/** Servers that implement OpenAI's API: Azure, Ollama, vLLM, OpenRouter. The base URL is sealed with the key. */
export const compatible: ChatAdapter = {
  ...openaiDialect(''),
  body: requestBody,
  reply: readCompletion,
  reader: createStreamReader,
};
