// Schemas of the status tools, and the ports that answer them.
import * as z from 'zod';

import type { Principal } from '#shared/auth/principal.ts';
import type { OwnerId } from '#shared/core/ids.ts';

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

export const UsageStatus = z.object({
  currency: z.string(),
  micro_usd_per_usd: z.number().int(),
  day: Whole,
  month: Whole,
  providers: z.record(z.string(), z.object({ day: Periods, month: Periods })),
  calls_under_way: z.number().int(),
  own_budget: z.object({ day_micro_usd: z.number().nullable(), month_micro_usd: z.number().nullable() }),
  price_version: z.string(),
});
export type UsageStatus = z.input<typeof UsageStatus>;

export const KeyStatus = z.object({
  key_id: z.string(),
  provider: z.string(),
  hint: z.string().describe('Last four characters'),
  label: z.string().nullable(),
  status: z.enum(['active', 'frozen', 'expired', 'invalid']),
  order: z.number().int().describe('Lowest first'),
  expires_at: z.string().nullable(),
});

export const ProviderStatus = z.object({
  name: z.string(),
  title: z.string(),
  features: z.array(z.string()),
  default_model: z.string(),
  configured: z.boolean(),
  /** `degraded`: its last calls failed; it is still called. `unavailable`: it is not called until a probe succeeds. */
  status: z.enum(['available', 'degraded', 'unavailable']),
  unavailable_since: z.string().optional(),
  retry_after_seconds: z.number().int().optional(),
});

/** Ports, composed outside: what there is to tell. */
export type StatusPorts = {
  readonly keysOf: (owner: OwnerId) => Promise<z.input<typeof KeyStatus>[]>;
  readonly providers: (owner: OwnerId) => Promise<z.input<typeof ProviderStatus>[]>;
  readonly usageOf: (caller: Principal) => Promise<UsageStatus>;
};
