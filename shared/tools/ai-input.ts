// Arguments that the AI tools share.
import * as z from 'zod';

export const Provider = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/)
  .describe("Whose model; default: the one the model's name tells of, else that of the caller's first key");

export const Model = z
  .string()
  .regex(/^[\w.:/@-]{1,200}$/)
  .describe("The provider's own model name; default: a small general one");

const Message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1).max(100_000),
});
export const Messages = z.array(Message).min(1).max(100).describe('The conversation, oldest first');

export const MaxTokens = z.number().int().min(1).max(100_000).describe('Longest answer, in tokens');

export const Usage = z.object({ input_tokens: z.number().int(), output_tokens: z.number().int() });

/** What every tool that only asks a model says of itself. */
export const ASKS = {
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  scope: 'ai:use',
  requiresKey: 'ai',
} as const;
