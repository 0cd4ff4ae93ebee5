// Arguments that the AI tools share.
import * as z from 'zod';

import { POLICIES } from '#shared/providers/policy.ts';

export const Provider = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/)
  .describe('Default: by the model, else that of your first key');

export const Model = z
  .string()
  .regex(/^[\w.:/@-]{1,200}$/)
  .describe('Default: a small general one');

export const Choose = z
  .enum(POLICIES)
  .describe(
    'Instead of provider and model: the cheapest usual model of your keys, or as your preferences say',
  );

/** Why that model, where a policy has chosen. */
export const ChosenBy = z.object({
  policy: z.string(),
  among: z
    .array(
      z.object({
        provider: z.string(),
        model: z.string(),
        cost_micro_usd: z.union([z.number().int(), z.literal('unknown')]),
      }),
    )
    .describe('The chosen one first; costs are estimates'),
});

const Message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1).max(100_000),
});
export const Messages = z.array(Message).min(1).max(100).describe('The conversation, oldest first');

export const MaxTokens = z.number().int().min(1).max(100_000).describe('Longest answer, in tokens');

export const Usage = z.object({ input_tokens: z.number().int(), output_tokens: z.number().int() });

type Target = { readonly provider: string; readonly model: string };
type Named = { readonly model?: string | undefined };

/** The same arguments for another model. */
export const RETARGET = {
  modelOf: ({ model }: Named) => model,
  to: (input: object, target: Target) => ({ ...input, policy: undefined, ...target }),
};
/** The same for the bodies of model routes, whose model has its provider as a prefix. */
export const RETARGET_BODY = {
  modelOf: ({ model }: Named) => model,
  to: (body: object, { provider, model }: Target) => ({ ...body, model: `${provider}/${model}` }),
};

/** Annotations, scope and kind of key shared by all tools that only call a model. */
export const ASKS = {
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  scope: 'ai:use',
  requiresKey: 'ai',
} as const;
