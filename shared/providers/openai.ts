import * as z from 'zod';

import type { ChatAdapter } from './chat.ts';

const Reply = z.object({
  model: z.string(),
  choices: z
    .array(
      z.object({ message: z.object({ content: z.string().nullish() }), finish_reason: z.string().nullish() }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).nullish(),
});

/** OpenAI's Chat Completions. */
export const openai: ChatAdapter = {
  path: '/v1/chat/completions',
  modelsPath: '/v1/models',
  headers: (secret) => ({ authorization: `Bearer ${secret.reveal()}` }),
  body: ({ model, messages, maxTokens, temperature }) => ({
    model,
    messages,
    max_completion_tokens: maxTokens,
    temperature,
  }),
  reply(body) {
    const { model, choices, usage } = Reply.parse(body);
    const [first] = choices;
    return {
      text: first?.message.content ?? '',
      model,
      finishReason: first?.finish_reason ?? 'unknown',
      usage: { inputTokens: usage?.prompt_tokens ?? 0, outputTokens: usage?.completion_tokens ?? 0 },
    };
  },
  outOfQuota: (status, { error: { type, code } }) =>
    status === 429 && (code === 'insufficient_quota' || type === 'insufficient_quota'),
};
