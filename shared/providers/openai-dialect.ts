// The parts of the Chat Completions API that OpenAI, Mistral and compatible servers share.
import * as z from 'zod';

import { countsOf } from './chat-answer.ts';
import type { ChatAdapter, ClientCode, EmbedRequest, ProviderError } from './chat.ts';
import { openaiKey } from './openai-key.ts';

const Embedded = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()) })).min(1),
  usage: z.looseObject({ prompt_tokens: z.int().min(0) }).nullish(),
});

const CODES: readonly ClientCode[] = ['context_length_exceeded', 'model_not_found', 'insufficient_quota'];
const TOO_LONG =
  /context.{0,20}(?:length|window|size)|too (?:long|large) for (?:the )?model|exceeds? .{0,40}context/i;
const NO_MODEL =
  /\bmodel\b.{0,120}(?:not (?:found|exist|available)|does not exist|unknown)|invalid model|no such model/i;

/** OpenAI's own code, else what a server with its API says in words. */
function clientCode(
  status: number,
  { error: { code, type, message } }: ProviderError,
): ClientCode | undefined {
  const own = CODES.find((known) => known === code || known === type);
  if (own) return own;
  if (type === 'invalid_model' || (status < 500 && NO_MODEL.test(message ?? ''))) return 'model_not_found';
  return status < 500 && TOO_LONG.test(message ?? '') ? 'context_length_exceeded' : undefined;
}

/** @param base between the origin and `/chat/completions` */
export const openaiDialect = (base: string) =>
  ({
    ...openaiKey(base),
    path: () => `${base}/chat/completions`,
    outOfQuota: (status, { error: { type, code } }) =>
      status === 402 || (status === 429 && (code === 'insufficient_quota' || type === 'insufficient_quota')),
    clientCode,
    embed: {
      path: () => `${base}/embeddings`,
      body: ({ model, input, dimensions, extra }: EmbedRequest) => ({
        ...extra,
        model,
        input,
        dimensions,
        encoding_format: 'float',
      }),
      reply(answer) {
        const { data, usage } = Embedded.parse(answer);
        const counts = countsOf(usage && { ...usage, completion_tokens: 0 });
        return { vectors: data.map(({ embedding }) => embedding), usage: counts };
      },
    },
  }) satisfies Omit<ChatAdapter, 'translate' | 'reply' | 'reader'>;

/** Usage is always requested: without it a call cannot be settled exactly. */
export const streamFields = (stream: boolean) =>
  stream ? { stream: true, stream_options: { include_usage: true } } : {};
