import * as z from 'zod';

import type { ChatAdapter } from './chat.ts';

/** Anthropic demands a bound; this one serves a chat answer. */
const DEFAULT_MAX_TOKENS = 1024;

const Reply = z.object({
  model: z.string(),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }),
});

/** Anthropic's Messages. System messages travel apart from the conversation there. */
export const anthropic: ChatAdapter = {
  path: '/v1/messages',
  modelsPath: '/v1/models?limit=100',
  defaultMaxTokens: DEFAULT_MAX_TOKENS,
  headers: (secret) => ({ 'x-api-key': secret.reveal(), 'anthropic-version': '2023-06-01' }),
  body({ model, messages, maxTokens = DEFAULT_MAX_TOKENS, temperature }) {
    const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
    return {
      model,
      ...(system.length > 0 && { system: system.join('\n\n') }),
      messages: messages.filter(({ role }) => role !== 'system'),
      max_tokens: maxTokens,
      temperature,
    };
  },
  reply(body) {
    const { model, content, stop_reason, usage } = Reply.parse(body);
    return {
      text: content.map(({ text = '' }) => text).join(''),
      model,
      finishReason: stop_reason ?? 'unknown',
      usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens },
    };
  },
  // An empty account is answered 400 `invalid_request_error`, told apart by its words alone; newer ones 402.
  outOfQuota: (status, { error: { type, message } }) =>
    status === 402 ||
    type === 'billing_error' ||
    (status === 400 && /credit balance is too low/i.test(message ?? '')),
};
