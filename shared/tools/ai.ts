import * as z from 'zod';

import type { TokenCounts } from '#shared/providers/chat.ts';

import { defineTool, type Tool } from './tool.ts';

const Message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1).max(100_000),
});

/** What the provider counts apart, as far as it says. */
const partsOf = ({ cachedInputTokens, cacheWriteTokens, reasoningTokens }: TokenCounts) => ({
  ...(cachedInputTokens !== undefined && { cached_input_tokens: cachedInputTokens }),
  ...(cacheWriteTokens !== undefined && { cache_write_tokens: cacheWriteTokens }),
  ...(reasoningTokens !== undefined && { reasoning_tokens: reasoningTokens }),
});

const chat = defineTool({
  name: 'ai_chat',
  title: 'Chat with an AI model',
  description:
    "Sends a conversation to an AI provider on the caller's own stored key and returns the answer.",
  input: z.strictObject({
    messages: z.array(Message).min(1).max(100).describe('The conversation, oldest first'),
    provider: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/)
      .optional()
      .describe("Whose model; default: that of the caller's first key"),
    model: z
      .string()
      .regex(/^[\w.:/-]{1,100}$/)
      .optional()
      .describe("The provider's own model name; default: a small general one"),
    max_tokens: z.number().int().min(1).max(100_000).optional().describe('Longest answer, in tokens'),
    temperature: z.number().min(0).max(2).optional(),
  }),
  output: z.object({
    text: z.string(),
    provider: z.string(),
    model: z.string(),
    finish_reason: z.string(),
    usage: z.object({ input_tokens: z.number().int(), output_tokens: z.number().int() }),
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  scope: 'ai:use',
  requiresKey: 'ai',
  examples: [{ messages: [{ role: 'user', content: 'Say hello in one word.' }] }],
  async run({ messages, provider, model, max_tokens: maxTokens, temperature }, call) {
    const { principal, completions, requestId, deadline, begin, onUse } = call;
    const reply = await completions.chat(
      { messages, provider, model, maxTokens, temperature },
      { owner: principal.uid, requestId, deadline, begin, onUse },
    );
    const usage = { input_tokens: reply.usage.inputTokens, output_tokens: reply.usage.outputTokens };
    return {
      output: {
        text: reply.text,
        provider: reply.provider,
        model: reply.model,
        finish_reason: reply.finishReason,
        usage,
      },
      meta: { provider: reply.provider, model: reply.model, ...usage, ...partsOf(reply.usage) },
      served: { mode: reply.mode, ...(reply.reason && { reason: reply.reason }) },
    };
  },
});

export const aiTools: readonly Tool[] = [chat];
