// The neutral form of an answer: OpenAI's chat completion and its chunks, read tolerantly and written strictly. Fields that an
// OpenAI-like provider adds are kept.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { ownProperty } from '#shared/core/own-property.ts';

/** As the provider counts and bills. */
export type TokenCounts = {
  /** All of the prompt, what came from the provider's own cache included. */
  readonly inputTokens: number;
  /** All of the answer, reasoning included. */
  readonly outputTokens: number;
  /** Part of `inputTokens` that was read from the provider's prompt cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Part of `inputTokens` that was written to the provider's prompt cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** Part of `outputTokens` that is reasoning, not visible output. */
  readonly reasoningTokens?: number | undefined;
};

const Count = z.int().min(0);

const Usage = z.looseObject({
  prompt_tokens: Count,
  completion_tokens: Count.default(0),
  total_tokens: Count.nullish(),
  prompt_tokens_details: z
    .looseObject({ cached_tokens: Count.nullish(), cache_write_tokens: Count.nullish() })
    .nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: Count.nullish() }).nullish(),
});
export type Usage = z.infer<typeof Usage>;

/** Counts that are incomplete are none: such a call is charged by its reservation. */
const AnyUsage = Usage.nullish().catch(undefined);

type TextParts = readonly { readonly type: string; readonly text?: string | undefined }[];

/** A string, or a list of parts, of which only text is said. */
const Content = z.union([
  z.string(),
  z
    .array(z.looseObject({ type: z.string(), text: z.string().optional() }))
    .transform((parts: TextParts) =>
      parts.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join(''),
    ),
]);

/** Some servers write the arguments as an object. */
const Arguments = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .nullish()
  .transform((given) => (typeof given === 'string' ? given : JSON.stringify(given ?? {})));

const Call = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string(), arguments: Arguments }),
});

const Choice = z.looseObject({
  index: z.int().default(0),
  message: z.looseObject({
    role: z.string().nullish(),
    content: Content.nullish(),
    tool_calls: z.array(Call).nullish(),
  }),
  finish_reason: z.string().nullish(),
});

const Text = z.string().nullish();

export const Completion = z.looseObject({
  id: Text,
  created: z.number().nullish(),
  model: Text,
  choices: z.array(Choice).min(1),
  usage: AnyUsage,
});
export type Completion = z.infer<typeof Completion>;

/** One piece of a tool call. */
const CallDelta = z.looseObject({
  index: z.int().nullish(),
  id: Text,
  function: z
    .looseObject({
      name: Text,
      arguments: z
        .union([z.string(), z.record(z.string(), z.unknown()).transform((given) => JSON.stringify(given))])
        .nullish(),
    })
    .nullish(),
});
export type CallDelta = z.infer<typeof CallDelta>;

/** One piece of a streamed answer. Usage comes with the last of them. */
export const Chunk = z.looseObject({
  id: Text,
  created: z.number().nullish(),
  model: Text,
  choices: z
    .array(
      z.looseObject({
        index: z.int().default(0),
        delta: z
          .looseObject({ content: Content.nullish(), tool_calls: z.array(CallDelta).nullish() })
          .nullish()
          .transform((delta) => delta ?? {}),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish()
    .transform((choices) => choices ?? []),
  usage: AnyUsage,
});
export type Chunk = z.infer<typeof Chunk>;

const FINISH: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  model_length: 'length',
  max_tokens: 'length',
  tool_calls: 'tool_calls',
  function_call: 'function_call',
  content_filter: 'content_filter',
};

/**
 * Finish reason as defined by OpenAI. A plain stop after tool calls is `tool_calls`.
 * @throws {AppError} `upstream_failed` for an answer that its provider gave up
 */
export function finishWord(reason: string, called: boolean): string {
  if (reason === 'error')
    throw new AppError('upstream_failed', 'The provider ended the response with an error.');
  const word = ownProperty(FINISH, reason) ?? 'stop';
  return word === 'stop' && called ? 'tool_calls' : word;
}

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

export const toChatUsage = (counts: TokenCounts): Usage => ({
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

export const toChatChunk = (head: { id: string; model: string }, { delta, finish = null }: Said): Chunk => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason: finish }],
});

/** A whole answer, every field that OpenAI's schema requires in place. */
export const strictCompletion = ({ choices, usage, ...rest }: Completion) => ({
  ...rest,
  choices: choices.map(({ message, finish_reason, ...choice }) => {
    const { tool_calls: calls, content = null, role, ...said } = message;
    const called = (calls ?? []).length > 0;
    return {
      logprobs: null,
      ...choice,
      message: {
        refusal: null,
        ...said,
        role: role ?? 'assistant',
        content,
        ...(called && { tool_calls: calls?.map((call) => ({ ...call, type: 'function' })) }),
      },
      finish_reason: finishWord(finish_reason ?? 'stop', called),
    };
  }),
  ...(usage && {
    usage: { ...usage, total_tokens: usage.total_tokens ?? usage.prompt_tokens + usage.completion_tokens },
  }),
});

/** A chunk, every field that OpenAI's schema requires in place. */
export const strictChunk = ({ choices, usage, ...rest }: Chunk) => ({
  ...rest,
  choices: choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? null })),
  ...(usage && {
    usage: { ...usage, total_tokens: usage.total_tokens ?? usage.prompt_tokens + usage.completion_tokens },
  }),
});

/** The chunks of an answer that came whole although a stream was requested. */
export const chunksOf = ({ choices, usage, id, model, created }: Completion): readonly Chunk[] => {
  const head = { id, model, created };
  const pieces = choices.map(({ index, message, finish_reason: reason }): Chunk => {
    const { tool_calls: calls, ...said } = message;
    const deltas = calls?.map((call, at) => ({ ...call, index: at }));
    const finish_reason = finishWord(reason ?? 'stop', (calls ?? []).length > 0);
    return {
      ...head,
      choices: [{ index, delta: { ...said, ...(deltas && { tool_calls: deltas }) }, finish_reason }],
    };
  });
  return [...pieces, ...(usage ? [{ ...head, choices: [], usage }] : [])];
};
