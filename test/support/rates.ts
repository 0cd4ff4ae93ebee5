import type { StackOptions } from '#local/stack.ts';

type Mutate = NonNullable<StackOptions['mutate']>;
type Rate = { per_minute: number; burst: number };
export type RoleRate = Rate & { tools?: Record<string, Rate>; providers?: Record<string, Rate> };

/** The same limits for every role. */
export const sameRateForAllRoles = (rate: RoleRate) => ({
  user: rate,
  auditor: rate,
  operator: rate,
  admin: rate,
});

/** A stage with other rate limits: `mutate` of the stack. */
export const withRates =
  (rate: RoleRate): Mutate =>
  (templates) => {
    for (const { Parameters = {} } of Object.values(templates)) {
      const { RateLimits } = Parameters;
      if (RateLimits) RateLimits.Default = JSON.stringify(sameRateForAllRoles(rate));
    }
  };

export const withRate = (perMinute: number, burst: number): Mutate =>
  withRates({ per_minute: perMinute, burst });

/** For loops that measure or load something else. */
export const withoutRateLimits = withRate(1_000_000, 10_000);
