import * as z from 'zod';

import { type ChatAdapter, textsIn } from '#shared/providers/chat.ts';

import { googleKey } from './key.ts';
import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

const Embedded = z.object({ embeddings: z.array(z.object({ values: z.array(z.number()) })).min(1) });
const NOT_COUNTED = { inputTokens: 0, outputTokens: 0 };

const modelPath = (model: string) => `/v1beta/models/${encodeURIComponent(model)}`;

/** Google's Gemini API. */
export const google: ChatAdapter = {
  ...googleKey,
  path: ({ model }, stream) =>
    `${modelPath(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  translate,
  reply: readCompletion,
  reader: createStreamReader,
  // A quota of the day and one of the minute are both 429; only the first is no matter of waiting.
  outOfQuota: (status, { error }) => status === 429 && /PerDay/.test(JSON.stringify(error['details'] ?? '')),
  clientCode(status, { error: { message } }) {
    if (status === 404) return 'model_not_found';
    const tooLong = /input token count .{0,60}exceeds/i.test(message ?? '');
    return status === 400 && tooLong ? 'context_length_exceeded' : undefined;
  },
  embed: {
    path: (model) => `${modelPath(model)}:batchEmbedContents`,
    body: ({ model, input, dimensions }) => ({
      requests: textsIn(input, 'Google Gemini').map((text) => ({
        model: `models/${model}`,
        content: { parts: [{ text }] },
        outputDimensionality: dimensions,
      })),
    }),
    dropped: Object.keys,
    reply: (answer) => ({
      vectors: Embedded.parse(answer).embeddings.map(({ values }) => values),
      usage: NOT_COUNTED,
    }),
  },
};
