// How a model answers, in the words of OpenAI's Chat Completions. What an OpenAI-like provider adds is kept.
import * as z from 'zod';

import type { TokenCounts } from './chat.ts';

const Count = z.int().min(0);

const Usage = z.looseObject({
  prompt_tokens: Count,
  completion_tokens: Count,
  total_tokens: Count.optional(),
  prompt_tokens_details: z
    .looseObject({ cached_tokens: Count.nullish(), cache_write_tokens: Count.nullish() })
    .nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: Count.nullish() }).nullish(),
});
export type Usage = z.infer<typeof Usage>;

/** A string, or with some that think aloud, a list of parts. */
const Content = z
  .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))])
  .transform((content) =>
    typeof content === 'string'
      ? content
      : content.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join(''),
  );

const Choice = z.looseObject({
  index: z.int().default(0),
  message: z.looseObject({
    role: z.string().default('assistant'),
    content: Content.nullish(),
    tool_calls: z
      .array(
        z.looseObject({
          id: z.string(),
          function: z.looseObject({ name: z.string(), arguments: z.string() }),
        }),
      )
      .nullish(),
  }),
  finish_reason: z.string().nullish(),
});

export const Completion = z.looseObject({
  id: z.string().optional(),
  created: z.number().optional(),
  model: z.string(),
  choices: z.array(Choice).min(1),
  usage: Usage.nullish(),
});
export type Completion = z.infer<typeof Completion>;

/** One piece of a streamed answer. Usage comes with the last of them. */
export const Chunk = z.looseObject({
  id: z.string().optional(),
  created: z.number().optional(),
  model: z.string().optional(),
  choices: z.array(
    z.looseObject({
      index: z.int().default(0),
      delta: z.looseObject({ content: Content.nullish() }).default({}),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: Usage.nullish(),
});
export type Chunk = z.infer<typeof Chunk>;

/** Zero where the provider does not say. */
export function countsOf(usage: Usage | null | undefined): TokenCounts {
  if (!usage) return { inputTokens: 0, outputTokens: 0 };
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cachedInputTokens: prompt?.cached_tokens ?? undefined,
    cacheWriteTokens: prompt?.cache_write_tokens ?? undefined,
    reasoningTokens: completion?.reasoning_tokens ?? undefined,
  };
}

export const usageOf = (counts: TokenCounts): Usage => ({
  prompt_tokens: counts.inputTokens,
  completion_tokens: counts.outputTokens,
  total_tokens: counts.inputTokens + counts.outputTokens,
  prompt_tokens_details: {
    cached_tokens: counts.cachedInputTokens ?? 0,
    ...(counts.cacheWriteTokens !== undefined && { cache_write_tokens: counts.cacheWriteTokens }),
  },
  completion_tokens_details: { reasoning_tokens: counts.reasoningTokens ?? 0 },
});

type Said = { readonly delta: Record<string, unknown>; readonly finish?: string | null };

export const chunkOf = (head: { id: string; model: string }, { delta, finish = null }: Said): Chunk => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason: finish }],
});
