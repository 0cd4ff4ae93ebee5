// What OpenAI, Mistral and the many that copy them have in common.
import * as z from 'zod';

import { Chunk, Completion, countsOf } from './chat-answer.ts';
import type { ChatAdapter, EmbedRequest } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';

const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

const Embedded = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()) })).min(1),
  usage: z.looseObject({ prompt_tokens: z.int().min(0) }).nullish(),
});

/** @param base between the origin and `/chat/completions` */
export const openaiLike = (base: string, body: (request: ChatRequest, stream: boolean) => unknown) =>
  ({
    path: () => `${base}/chat/completions`,
    modelsPath: `${base}/models`,
    headers: (secret) => ({ authorization: `Bearer ${secret.reveal()}` }),
    body,
    reply: (answer) => Completion.parse(answer),
    reader: () => (data) => [Chunk.parse(data)],
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
  }) satisfies ChatAdapter;

/** Usage is always asked for: without it a call could not be accounted for. */
export const streamed = (stream: boolean) =>
  stream ? { stream: true, stream_options: { include_usage: true } } : {};
