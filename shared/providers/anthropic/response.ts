// A whole answer of Anthropic as a chat completion.
import * as z from 'zod';

import { type Completion, usageOf } from '#shared/providers/chat-answer.ts';

export const Usage = z.object({
  input_tokens: z.int().nullish(),
  output_tokens: z.int().nullish(),
  cache_read_input_tokens: z.int().nullish(),
  cache_creation_input_tokens: z.int().nullish(),
});
export type Usage = z.infer<typeof Usage>;

export const Text = z.object({ type: z.literal('text'), text: z.string() });
export const ToolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
});
/** Thoughts and the results of tools that run over there: not what was asked for. */
export const Other = z
  .object({ type: z.string().regex(/^(?!(?:text|tool_use|text_delta|input_json_delta)$)/) })
  .transform(() => ({ type: 'other' as const }));
const Block = z.union([Text, ToolUse, Other]);

const Message = z.object({
  id: z.string(),
  model: z.string(),
  content: z.array(Block),
  stop_reason: z.string().nullish(),
  usage: Usage,
});

const FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};
export const finishOf = (reason: string) => FINISH[reason] ?? reason;

/** What came from the cache or went there is counted apart there, and is no part of `input_tokens`. */
export function usageIn(usage: Usage) {
  const cached = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  return usageOf({
    inputTokens: (usage.input_tokens ?? 0) + cached + written,
    outputTokens: usage.output_tokens ?? 0,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
  });
}

/** @throws {z.ZodError} */
export function readCompletion(answer: unknown): Completion {
  const { id, model, content, stop_reason, usage } = Message.parse(answer);
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const calls = content.flatMap((block) =>
    block.type === 'tool_use'
      ? [
          {
            id: block.id,
            type: 'function',
            function: { name: block.name, arguments: JSON.stringify(block.input) },
          },
        ]
      : [],
  );
  const message = {
    role: 'assistant',
    content: texts.length > 0 || calls.length === 0 ? texts.join('') : null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    id,
    model,
    choices: [{ index: 0, message, finish_reason: finishOf(stop_reason ?? 'end_turn') }],
    usage: usageIn(usage),
  };
}
