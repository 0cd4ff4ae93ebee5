// A chat request as a hosted server with OpenAI's API takes it: without the fields that it rejects or reads in another way.
import { type ChatMessage, type ChatRequest, outputLimit } from '#shared/providers/chat-request.ts';
import type { ChatAdapter } from '#shared/providers/chat.ts';
import { pathsIn } from '#shared/providers/dropped-fields.ts';
import { createForeignFilter } from '#shared/providers/foreign-fields.ts';
import { withToolImagesApart } from '#shared/providers/history.ts';
import { streamFields } from '#shared/providers/openai-dialect.ts';

export type OpenAiLike = {
  /** Between the origin and `/chat/completions`. */
  readonly base: string;
  /** Field that bounds the answer. */
  readonly limit: 'max_tokens' | 'max_completion_tokens';
  /** Paths that it rejects, beside those of the dialects of others. */
  readonly rejects?: string;
  /** Paths of another dialect that it takes. */
  readonly takes?: string;
};

/** Fields of other dialects, and those whose price is not known. */
const FOREIGN = pathsIn(`
  cache_control safe_prompt prompt_mode guardrails random_seed extra_body web_search_options service_tier
  messages.cache_control messages.content.cache_control messages.thinking_blocks messages.images messages.prefix
  messages.tool_calls.extra_content messages.tool_calls.cache_control tools.cache_control
`);

/** `developer` is OpenAI's newer word for the same role. */
const withSystem = (message: ChatMessage): ChatMessage =>
  message.role === 'developer' ? { ...message, role: 'system' } : message;

export function createTranslate({
  limit: field,
  rejects = '',
  takes = '',
}: OpenAiLike): ChatAdapter['translate'] {
  const taken = pathsIn(takes);
  const foreign = new Set([...FOREIGN, ...pathsIn(rejects)].filter((path) => !taken.has(path)));
  const own = createForeignFilter(foreign);
  return (request: ChatRequest, stream: boolean) => {
    const { messages, tools, extra = {}, max_tokens: _old, max_completion_tokens: _new, ...known } = request;
    const limit = outputLimit(request);
    const body = {
      ...own.top({ ...extra, ...known }),
      messages: withToolImagesApart(messages).map(withSystem).map(own.message),
      ...(tools && { tools: tools.map(own.tool) }),
      [field]: limit,
      ...streamFields(stream),
    };
    return { body, dropped: own.droppedOf(request), maxOutputTokens: limit && limit * (request.n ?? 1) };
  };
}
