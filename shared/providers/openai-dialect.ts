// The parts of the Chat Completions API that OpenAI, Mistral and compatible servers share.
import * as z from 'zod';

import { countsOf } from './chat-answer.ts';
import type { ChatAdapter, EmbedRequest } from './chat.ts';

const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

const Embedded = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()) })).min(1),
  usage: z.looseObject({ prompt_tokens: z.int().min(0) }).nullish(),
});

/** @param base between the origin and `/chat/completions` */
export const openaiDialect = (base: string) =>
  ({
    path: () => `${base}/chat/completions`,
    modelsPath: `${base}/models`,
    headers: (secret) => ({ authorization: `Bearer ${secret.reveal()}` }),
    models: (answer) => Models.parse(answer).data.map(({ id }) => id),
    outOfQuota: (status, { error: { type, code } }) =>
      status === 402 || (status === 429 && (code === 'insufficient_quota' || type === 'insufficient_quota')),
    embed: {
      path: () => `${base}/embeddings`,
      body: ({ model, input }: EmbedRequest) => ({ model, input, encoding_format: 'float' }),
      reply(answer) {
        const { data, usage } = Embedded.parse(answer);
        const counts = countsOf(usage && { ...usage, completion_tokens: 0 });
        return { vectors: data.map(({ embedding }) => embedding), usage: counts };
      },
    },
  }) satisfies Omit<ChatAdapter, 'body' | 'reply' | 'reader'>;

/** Usage is always requested: without it a call cannot be settled exactly. */
export const streamFields = (stream: boolean) =>
  stream ? { stream: true, stream_options: { include_usage: true } } : {};
