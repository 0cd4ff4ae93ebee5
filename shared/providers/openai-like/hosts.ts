// Hosted servers with OpenAI's API: where it stands there, and what each of them rejects.
import type { OpenAiLike } from './request.ts';

export const HOSTS = {
  /** console.groq.com/docs/openai: 400 for these. */
  groq: {
    base: '/openai/v1',
    limit: 'max_completion_tokens',
    rejects: 'logprobs top_logprobs logit_bias n messages.name top_k min_p thinking',
  },
  /** docs.x.ai/docs/api-reference */
  xai: { base: '/v1', limit: 'max_completion_tokens', rejects: 'top_k min_p logit_bias thinking' },
  /** api-docs.deepseek.com: takes its own thoughts back as `reasoning_content`, and knows `thinking`. */
  deepseek: {
    base: '/v1',
    limit: 'max_tokens',
    rejects: 'top_k min_p logit_bias n seed parallel_tool_calls',
  },
  /** openrouter.ai/docs/api-reference: hands `cache_control` on to the models that know it. */
  openrouter: {
    base: '/api/v1',
    limit: 'max_tokens',
    takes: 'cache_control messages.content.cache_control tools.cache_control',
  },
  /** docs.together.ai/reference/chat-completions-1 */
  together: { base: '/v1', limit: 'max_tokens', rejects: 'thinking' },
  /** learn.microsoft.com/azure/foundry/openai/api-version-lifecycle: the v1 API, without an api-version. */
  azure: { base: '/openai/v1', limit: 'max_completion_tokens', rejects: 'top_k min_p thinking' },
} as const satisfies Readonly<Record<string, OpenAiLike>>;
export type Host = keyof typeof HOSTS;
export const HOST_NAMES = Object.keys(HOSTS) as readonly Host[];
