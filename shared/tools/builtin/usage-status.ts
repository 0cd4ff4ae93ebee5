// What a caller has used and what is left: the same facts as `GET /usage`.
import * as z from 'zod';

import { defineTool } from '#shared/tools/tool.ts';

const Gauged = z
  .object({
    spent: z.number().describe('Settled'),
    open: z.number().describe('Reserved'),
    limit: z.number().nullable().describe('null: unlimited'),
    left: z.number().nullable(),
  })
  .meta({ id: 'Gauged' });
const Periods = z.object({ calls: Gauged, micro_usd: Gauged }).meta({ id: 'Periods' });
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
    'Returns calls to AI providers and their cost in millionths of a US dollar, for this UTC day and month, in all and by provider, with limits and what is left.',
  input: z.strictObject({}),
  output: Usage,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scope: 'usage:read',
  examples: [{}],
  async run(_input, { principal, status }) {
    return { output: await status.usageOf(principal) };
  },
});
