import type { ChatRequest } from './chat-request.ts';
import { type ChatAdapter, refusedField } from './chat.ts';
import { openaiLike, streamed } from './openai-like.ts';

/**
 * The faster tiers cost up to six times the price that is known here. Without a word from us the project's own setting would
 * choose one. @throws {AppError} `invalid_input`
 */
function tierOf({ service_tier: asked = 'auto' }: ChatRequest): 'default' | 'flex' {
  if (asked === 'flex') return 'flex'; // cheaper, and charged as if it were not
  if (asked === 'auto' || asked === 'default') return 'default';
  throw refusedField(
    'OpenAI',
    'service_tier',
    'must be auto, default or flex: what others cost is not known here',
  );
}

/** OpenAI's Chat Completions. */
export const openai: ChatAdapter = openaiLike('/v1', ({ max_tokens, ...request }, stream) => ({
  ...request,
  service_tier: tierOf(request),
  max_completion_tokens: max_tokens,
  ...streamed(stream),
}));
