import * as z from 'zod';

import type { ChatAdapter, ProviderError } from '#shared/providers/chat.ts';

import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

const Models = z.object({
  models: z.array(z.object({ name: z.string(), supportedGenerationMethods: z.array(z.string()).optional() })),
});
const Embedded = z.object({ embeddings: z.array(z.object({ values: z.array(z.number()) })).min(1) });
const NOT_COUNTED = { inputTokens: 0, outputTokens: 0 };

/** Its words for a key it does not know, beside a status of 400. */
const Details = z.object({ details: z.array(z.looseObject({ reason: z.string().optional() })) });
const reasonsIn = ({ error }: ProviderError) => {
  const parsed = Details.safeParse(error);
  return parsed.success ? parsed.data.details.map(({ reason }) => reason) : [];
};

const modelPath = (model: string) => `/v1beta/models/${encodeURIComponent(model)}`;

/** Google's Gemini API. */
export const google: ChatAdapter = {
  path: ({ model }, stream) =>
    `${modelPath(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  modelsPath: '/v1beta/models?pageSize=1000',
  headers: (secret) => ({ 'x-goog-api-key': secret.reveal() }),
  translate,
  reply: readCompletion,
  reader: createStreamReader,
  models: (answer) => Models.parse(answer).models.map(({ name }) => name.replace(/^models\//, '')),
  // A quota of the day and one of the minute are both 429; only the first is no matter of waiting.
  outOfQuota: (status, { error }) => status === 429 && /PerDay/.test(JSON.stringify(error['details'] ?? '')),
  refusesKey: (status, error) => status === 400 && reasonsIn(error).includes('API_KEY_INVALID'),
  clientCode(status, { error: { message } }) {
    if (status === 404) return 'model_not_found';
    const tooLong = /input token count .{0,60}exceeds/i.test(message ?? '');
    return status === 400 && tooLong ? 'context_length_exceeded' : undefined;
  },
  embed: {
    path: (model) => `${modelPath(model)}:batchEmbedContents`,
    body: ({ model, input }) => ({
      requests: input.map((text) => ({ model: `models/${model}`, content: { parts: [{ text }] } })),
    }),
    reply: (answer) => ({
      vectors: Embedded.parse(answer).embeddings.map(({ values }) => values),
      usage: NOT_COUNTED,
    }),
  },
};
