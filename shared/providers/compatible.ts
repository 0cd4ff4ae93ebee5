import type { ChatAdapter } from './chat.ts';
import { openaiLike, streamed } from './openai-like.ts';

/** Whoever speaks OpenAI's dialect: Azure, Ollama, vLLM, OpenRouter. Its base URL is sealed with its key. */
export const compatible: ChatAdapter = openaiLike('', (request, stream) => ({
  ...request,
  ...streamed(stream),
}));
