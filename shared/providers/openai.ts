import type { ChatAdapter } from './chat.ts';
import { openaiLike, streamed } from './openai-like.ts';

/** OpenAI's Chat Completions. */
export const openai: ChatAdapter = openaiLike('/v1', ({ max_tokens, ...request }, stream) => ({
  ...request,
  max_completion_tokens: max_tokens,
  ...streamed(stream),
}));
