// Rate limits by role: for all calls together and, if configured, for one provider or one tool.
import * as z from 'zod';

import type { RateLimit } from './gcra.ts';

/** Zero is rejected: a limit slows down, it does not ban. Access is removed with a scope or a key. */
const Rate = z.strictObject({
  per_minute: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .describe('Sustained rate: one call is replenished every 60 s / per_minute'),
  burst: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .describe('Burst size: calls admitted at once after an idle period'),
});

const named = z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), Rate).optional();

const RoleRates = Rate.extend({
  providers: named.describe('Narrower limits for calls to one provider, by its name'),
  tools: named.describe('Narrower limits for calls of one tool, by its name'),
}).strict();
type RoleRates = z.infer<typeof RoleRates>;

/** Limit for every role, e.g. `{"user": {"per_minute": 600, "burst": 100, "tools": {"ai_chat": {…}}}, …}`. */
export const Rates = z.strictObject({
  user: RoleRates,
  auditor: RoleRates,
  operator: RoleRates,
  admin: RoleRates,
});
export type Rates = z.infer<typeof Rates>;

type Roles = readonly (keyof Rates)[];

function mostGenerous(limits: readonly z.infer<typeof Rate>[]): RateLimit {
  const perMinute = Math.max(1, ...limits.map(({ per_minute }) => per_minute));
  return { perMinute, burst: Math.max(1, ...limits.map(({ burst }) => burst)) };
}

/** The most generous role of the caller applies; a caller without a role is rejected earlier. */
export const rateOf = (rates: Rates, roles: Roles): RateLimit =>
  mostGenerous(roles.map((role) => rates[role]));

/** Limit for one tool or provider; undefined if one of the caller's roles has none. */
export function narrowRateOf(
  rates: Rates,
  roles: Roles,
  [kind, name]: readonly ['providers' | 'tools', string],
): RateLimit | undefined {
  const limits = roles.map((role) => new Map(Object.entries(rates[role][kind] ?? {})).get(name));
  const set = limits.filter((limit) => limit !== undefined);
  return set.length > 0 && set.length === limits.length ? mostGenerous(set) : undefined;
}

/** A quarter of a limit, at least 1: for a caller close to a quota or budget. */
export const quarterOf = ({ perMinute, burst }: RateLimit): RateLimit => ({
  perMinute: Math.max(1, Math.floor(perMinute / 4)),
  burst: Math.max(1, Math.floor(burst / 4)),
});

/** Names for which limits are set, with the path of each. */
export const namesIn = (rates: Rates, kind: 'providers' | 'tools'): { name: string; path: string }[] =>
  Object.entries(rates).flatMap(([role, of]: [string, RoleRates]) =>
    Object.keys(of[kind] ?? {}).map((name) => ({ name, path: `${role}.${kind}.${name}` })),
  );
