// A chat request as OpenAI's Chat Completions API takes it.
import type { ChatRequest } from '#shared/providers/chat-request.ts';
import { refusedField } from '#shared/providers/chat.ts';
import { streamFields } from '#shared/providers/openai-dialect.ts';

/**
 * The faster tiers cost up to six times the known price. Without an explicit tier the project's own setting applies.
 * @throws {AppError} `invalid_input`
 */
function tierOf({ service_tier: asked = 'auto' }: ChatRequest): 'default' | 'flex' {
  if (asked === 'flex') return 'flex'; // cheaper, and charged as if it were not
  if (asked === 'auto' || asked === 'default') return 'default';
  throw refusedField(
    'OpenAI',
    'service_tier',
    'must be auto, default or flex: the price of others is not known',
  );
}

export const requestBody = ({ max_tokens, ...request }: ChatRequest, stream: boolean) => ({
  ...request,
  service_tier: tierOf(request),
  max_completion_tokens: max_tokens,
  ...streamFields(stream),
});
