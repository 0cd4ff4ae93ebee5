import type { StackOptions } from '#local/stack.ts';

type Mutate = NonNullable<StackOptions['mutate']>;

/** A stage with other rate limits: `mutate` of the stack. */
export const withRate =
  (perMinute: number, burst: number): Mutate =>
  (templates) => {
    const rate = { per_minute: perMinute, burst };
    const rates = JSON.stringify({ user: rate, auditor: rate, operator: rate, admin: rate });
    for (const { Parameters = {} } of Object.values(templates)) {
      const { RateLimits } = Parameters;
      if (RateLimits) RateLimits.Default = rates;
    }
  };

/** For loops that measure or load something else. */
export const unlimited = withRate(1_000_000, 10_000);
