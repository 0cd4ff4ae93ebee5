// Schemas of the tool routes.
import * as z from 'zod';

export const InvokeBody = z.strictObject({
  tool_name: z.string().min(1).max(64),
  parameters: z.record(z.string(), z.unknown()).default({}),
  user_id: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('The own id of the caller, if at all: the token decides who calls.'),
});

/** One tool as `GET /mcp/tools` describes it. */
export type ToolDescription = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input_schema: Readonly<Record<string, unknown>>;
  readonly output_schema: Readonly<Record<string, unknown>> | null;
  readonly annotations: Readonly<Record<string, boolean>>;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
  readonly scope: string | null;
  /** The kind of stored key it works with, and whether the caller has one that can be used. */
  readonly requires_key: { readonly kind: string; readonly present: boolean } | null;
  /** Null for a tool of ours. Only an active one can be called. */
  readonly registration: {
    readonly state: string;
    readonly version: number;
    readonly hash: string;
    readonly shared: boolean;
  } | null;
};
