// A whole answer of Anthropic as a chat completion.
import * as z from 'zod';

import { ownProperty } from '#shared/core/own-property.ts';
import { type Completion, toChatUsage } from '#shared/providers/chat-answer.ts';

export const Usage = z.object({
  input_tokens: z.int().nullish(),
  output_tokens: z.int().nullish(),
  cache_read_input_tokens: z.int().nullish(),
  cache_creation_input_tokens: z.int().nullish(),
  output_tokens_details: z.object({ thinking_tokens: z.int().nullish() }).nullish(),
});
export type Usage = z.infer<typeof Usage>;

export const Text = z.object({ type: z.literal('text'), text: z.string() });
export const ToolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
});
export const Thinking = z.object({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string().default(''),
});
export const Redacted = z.object({ type: z.literal('redacted_thinking'), data: z.string() });
/** Blocks of tools that run at the provider: they are not requested here. */
export const Other = z
  .object({ type: z.string().regex(/^(?!(?:text|tool_use|thinking|redacted_thinking|[a-z_]+_delta)$)/) })
  .transform(() => ({ type: 'other' as const }));
const Block = z.union([Text, ToolUse, Thinking, Redacted, Other]);
type Block = z.infer<typeof Block>;

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
export const finishOf = (reason: string) => ownProperty(FINISH, reason) ?? 'stop';

/** Tokens read from or written to the cache are counted apart there, and are no part of `input_tokens`. */
export function usageIn(usage: Usage) {
  const cached = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  return toChatUsage({
    inputTokens: (usage.input_tokens ?? 0) + cached + written,
    outputTokens: usage.output_tokens ?? 0,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens ?? 0,
  });
}

const toToolCall = (block: Block) =>
  block.type === 'tool_use'
    ? [
        {
          id: block.id,
          type: 'function',
          function: { name: block.name, arguments: JSON.stringify(block.input) },
        },
      ]
    : [];

/** Thoughts as text for people, and as blocks for the model, which must get them back unchanged. */
function thoughtsOf(content: readonly Block[]) {
  const blocks = content.filter(
    (block) => (block.type === 'thinking' && block.signature !== '') || block.type === 'redacted_thinking',
  );
  const text = content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
  return {
    ...(text !== '' && { reasoning_content: text }),
    ...(blocks.length > 0 && { thinking_blocks: blocks }),
  };
}

/** @throws {z.ZodError} */
export function readCompletion(answer: unknown): Completion {
  const { id, model, content: blocks, stop_reason, usage } = Message.parse(answer);
  const finish = finishOf(stop_reason ?? 'end_turn');
  // A call at the end of an answer that met its limit is cut: its arguments are incomplete.
  const isCut = finish === 'length' && blocks.at(-1)?.type === 'tool_use';
  const content = isCut ? blocks.slice(0, -1) : blocks;
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const calls = content.flatMap(toToolCall);
  const message = {
    role: 'assistant',
    content: texts.length > 0 || calls.length === 0 ? texts.join('') : null,
    ...thoughtsOf(content),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return { id, model, choices: [{ index: 0, message, finish_reason: finish }], usage: usageIn(usage) };
}
