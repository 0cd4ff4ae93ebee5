// How often whom may call: by role, as the stage is configured.
import * as z from 'zod';

import type { RateLimit } from './gcra.ts';

const Rate = z.strictObject({
  per_minute: z.number().int().min(1).max(1_000_000),
  burst: z.number().int().min(1).max(10_000),
});

/** A limit for every role, e.g. `{"user": {"per_minute": 600, "burst": 100}, …}`. */
export const Rates = z.strictObject({ user: Rate, auditor: Rate, operator: Rate, admin: Rate });
export type Rates = z.infer<typeof Rates>;

/** The most generous of a caller's roles counts; nobody without a role gets here. */
export function rateOf(rates: Rates, roles: readonly (keyof Rates)[]): RateLimit {
  const limits = roles.map((role) => rates[role]);
  const perMinute = Math.max(1, ...limits.map(({ per_minute }) => per_minute));
  return { perMinute, burst: Math.max(1, ...limits.map(({ burst }) => burst)) };
}
