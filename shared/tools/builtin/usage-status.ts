// What a caller has used and what is left: the same facts as `GET /usage`.
import * as z from 'zod';

import { defineTool } from '#shared/tools/tool.ts';

const Gauged = z.object({
  spent: z.number().describe('Cost of ended calls'),
  open: z.number().describe('Reserved for calls in progress'),
  limit: z.number().nullable().describe('null: not limited'),
  left: z.number().nullable().describe('null: not limited'),
});
const Periods = z.object({ calls: Gauged, micro_usd: Gauged });
const Whole = Periods.extend({ resets_at: z.string() });

const Usage = z.object({
  currency: z.string(),
  micro_usd_per_usd: z.number().int(),
  day: Whole,
  month: Whole,
  providers: z.record(z.string(), z.object({ day: Periods, month: Periods })),
  calls_under_way: z.number().int(),
  own_budget: z.object({ day_micro_usd: z.number().nullable(), month_micro_usd: z.number().nullable() }),
  price_version: z.string(),
});
export type UsageStatus = z.input<typeof Usage>;

export const usageStatus = defineTool({
  name: 'usage_status',
  title: 'Usage and quota',
  description:
    'Returns how many calls to AI providers the caller has made and how much money they cost, this UTC day and month, in all and by provider; the limits, what is left of them, and when each starts anew. Money is in millionths of a US dollar.',
  input: z.strictObject({}),
  output: Usage,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scope: 'usage:read',
  examples: [{}],
  async run(_input, { principal, status }) {
    return { output: await status.usageOf(principal) };
  },
});
