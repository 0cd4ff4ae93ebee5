// The tool behind `POST /v1/embeddings`: embeddings in OpenAI's dialect.
import * as z from 'zod';

import { defineTool } from '#shared/tools/tool.ts';

import { onBehalf, servedBy, toTokenUsage } from './ai-call.ts';
import { VECTORS } from './ai-cache.ts';
import { ASKS } from './ai-input.ts';

const Text = z.string().min(1).max(300_000);
/** A text that the client has cut into tokens already. */
const TokenIds = z.array(z.int().min(0)).min(1).max(100_000);
/** OpenAI takes as many. */
const MAX_INPUTS = 2048;

const Input = z.union(
  [
    Text.transform((text) => [text]),
    TokenIds.transform((tokens) => [tokens]),
    z.array(Text).min(1).max(MAX_INPUTS),
    z.array(TokenIds).min(1).max(MAX_INPUTS),
  ],
  `must be a text, a list of 1 to ${MAX_INPUTS} texts, or the same as token numbers`,
);

const base64 = (vector: readonly number[]): string => {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
};

export const embeddings = defineTool({
  ...ASKS,
  name: 'v1_embeddings',
  title: 'Embeddings',
  description: "OpenAI's Embeddings on the caller's own stored key.",
  input: z.looseObject({
    model: z.string().regex(/^[\w.:/@+-]{1,200}$/, 'must be the name of a model'),
    input: Input,
    encoding_format: z.enum(['float', 'base64']).default('float'),
    dimensions: z.int().min(1).max(16_384).optional(),
  }),
  output: z.object({ embedded: z.record(z.string(), z.unknown()) }),
  cache: { ...VECTORS, isDefault: () => true },
  examples: [{ model: 'openai/text-embedding-3-small', input: 'a text' }],

  async run({ model: asked, input, dimensions, encoding_format: format, ...extra }, call) {
    const request = { model: asked, input, dimensions, extra };
    const { vectors, provider, model, usage, ...how } = await call.completions.embed(request, onBehalf(call));
    const data = vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? base64(vector) : [...vector],
    }));
    const counts = { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens };
    return {
      output: { embedded: { object: 'list', data, model, usage: counts } },
      meta: { provider, model, ...toTokenUsage(usage), count: vectors.length },
      served: servedBy(how),
    };
  },
});
