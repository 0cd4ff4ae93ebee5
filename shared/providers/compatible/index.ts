import type { ChatAdapter } from '#shared/providers/chat.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';

import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

/** Servers that implement OpenAI's API: Azure, Ollama, vLLM, OpenRouter. The base URL is sealed with the key. */
export const compatible: ChatAdapter = {
  ...openaiDialect(''),
  translate,
  reply: readCompletion,
  reader: createStreamReader,
};
