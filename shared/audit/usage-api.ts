// Schemas of the usage routes.
import * as z from 'zod';

import { PageQuery } from '#shared/core/page.ts';

/** Days are UTC. Default: the last 31. */
export const UsageHistoryQuery = PageQuery.extend({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  by: z.enum(['day', 'tool', 'provider', 'key']).default('day'),
  limit: z.coerce.number().int().min(1).max(100).default(31).describe('Days.'),
}).strict();
export type UsageHistoryQuery = z.infer<typeof UsageHistoryQuery>;

export type UsageEntry = {
  readonly day: string;
  readonly tool?: string;
  readonly provider?: string;
  readonly key_id?: string;
  /** Ended calls: the sum of the next three. */
  readonly calls: number;
  readonly succeeded: number;
  readonly refused: number;
  readonly failed: number;
  /** Tokens as counted by the provider. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Micro-USD. */
  readonly cost_micro_usd: number;
};

export type UsagePage = {
  readonly by: UsageHistoryQuery['by'];
  readonly from: string;
  readonly to: string;
  readonly usage: readonly UsageEntry[];
  readonly units: Readonly<Record<string, string>>;
  /** Every call that ended before this time is counted; later ones may be missing until their records are processed. */
  readonly complete_until: string;
  readonly pagination: { readonly limit: number; readonly next_cursor: string | null };
};
