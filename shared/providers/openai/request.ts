// A chat request as OpenAI's Chat Completions API takes it: as the caller wrote it, without the fields of other dialects.
import { type ChatRequest, outputLimit } from '#shared/providers/chat-request.ts';
import { rejectedField, type Translated } from '#shared/providers/chat.ts';
import { pathsIn } from '#shared/providers/dropped-fields.ts';
import { createForeignFilter } from '#shared/providers/foreign-fields.ts';
import { withToolImagesApart } from '#shared/providers/history.ts';
import { streamFields } from '#shared/providers/openai-dialect.ts';

const TITLE = 'OpenAI';

/** Fields of other providers. Anything else that is not known here may be new at OpenAI, and is sent unchanged. */
const FOREIGN = pathsIn(`
  top_k min_p repetition_penalty thinking cache_control safe_prompt prompt_mode guardrails random_seed
  extra_body chat_template_kwargs messages.cache_control messages.content.cache_control
  messages.reasoning_content messages.reasoning messages.thinking_blocks messages.images messages.prefix
  messages.tool_calls.extra_content messages.tool_calls.cache_control tools.cache_control
`);

/**
 * The faster tiers cost up to six times the known price. Without an explicit tier the project's own setting applies.
 * @throws {AppError} `invalid_input`
 */
function tierOf({ service_tier: asked = 'auto' }: ChatRequest): 'default' | 'flex' {
  if (asked === 'flex') return 'flex'; // cheaper, and charged as if it were not
  if (asked === 'auto' || asked === 'default') return 'default';
  throw rejectedField(
    TITLE,
    'service_tier',
    'must be auto, default or flex: the price of others is not known',
  );
}

const own = createForeignFilter(FOREIGN);

export function translate(request: ChatRequest, stream: boolean): Translated {
  const { messages, tools, extra = {}, max_tokens: _limit, ...known } = request;
  if ('web_search_options' in extra) {
    throw rejectedField(TITLE, 'web_search_options', 'is billed by the search, at a price that is not known');
  }
  const limit = outputLimit(request);
  const body = {
    ...own.top({ ...extra, ...known }),
    messages: withToolImagesApart(messages).map(own.message),
    ...(tools && { tools: tools.map(own.tool) }),
    service_tier: tierOf(request),
    max_completion_tokens: limit,
    ...streamFields(stream),
  };
  return { body, dropped: own.droppedOf(request), maxOutputTokens: limit && limit * (request.n ?? 1) };
}
