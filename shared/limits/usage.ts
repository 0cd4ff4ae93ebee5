// Usage of an owner as returned to clients.
import { budgetLimits, type BudgetRole, type Budgets } from './budgets.ts';
import {
  EMPTY,
  gaugeName,
  gaugeOf,
  type Ledger,
  type Limits,
  type Period,
  rolled,
  swept,
  type TokenBudget,
  tokenGauge,
} from './ledger.ts';
import { resetAfter } from './limit-errors.ts';

/** `spent`: ended calls. `open`: reserved for calls in progress. `limit`, `left`: null without a limit. */
export type Gauged = {
  readonly spent: number;
  readonly open: number;
  readonly limit: number | null;
  readonly left: number | null;
};
export type PeriodUsage = { readonly calls: Gauged; readonly micro_usd: Gauged };

const gauged = ({ used, spent }: Ledger, limits: Limits, name: string): Gauged => {
  const [all, ended, limit] = [used[name] ?? 0, spent[name] ?? 0, limits[name]];
  const left = limit === undefined ? null : Math.max(0, limit - all);
  return { spent: ended, open: all - ended, limit: limit ?? null, left };
};

const periodUsage = (
  ledger: Ledger,
  limits: Limits,
  scope: { period: Period; provider?: string },
): PeriodUsage => ({
  calls: gauged(ledger, limits, gaugeName({ ...scope, unit: 'calls' })),
  micro_usd: gauged(ledger, limits, gaugeName({ ...scope, unit: 'microUsd' })),
});

/** Providers that were called this month or have a limit of their own. */
function providersOf({ used }: Ledger, budgets: Budgets, roles: readonly BudgetRole[]): string[] {
  const called = Object.keys(used).flatMap((name) => gaugeOf(name).provider ?? []);
  const limited = roles.flatMap((role) => Object.keys(budgets[role].per_provider ?? {}));
  return [...new Set([...called, ...limited])].toSorted();
}

type UsageSite = {
  readonly budgets: Budgets;
  readonly roles: readonly BudgetRole[];
  readonly token?: TokenBudget | undefined;
  readonly today: string;
  readonly nowMs: number;
};

export function toUsage(stored: Ledger | undefined, { budgets, roles, token, today, nowMs }: UsageSite) {
  const ledger = swept(rolled(stored ?? EMPTY, today), nowMs);
  const { day, budget, open } = ledger;
  const limitsAt = (provider?: string) => budgetLimits(budgets, { roles, provider, token }, budget);
  const reset = (period: Period) => new Date(resetAfter(period, day)).toISOString();
  const whole = (period: Period) => ({
    ...periodUsage(ledger, limitsAt(), { period }),
    resets_at: reset(period),
  });
  const at = (provider: string) => {
    const of = (period: Period) => periodUsage(ledger, limitsAt(provider), { period, provider });
    return { day: of('day'), month: of('month') };
  };
  return {
    currency: 'USD',
    /** Amounts are in micro-USD. */
    micro_usd_per_usd: 1_000_000,
    day: whole('day'),
    month: whole('month'),
    providers: Object.fromEntries(
      providersOf(ledger, budgets, roles).map((provider) => [provider, at(provider)]),
    ),
    calls_under_way: Object.keys(open).length,
    own_budget: {
      day_micro_usd: budget.dayMicroUsd ?? null,
      month_micro_usd: budget.monthMicroUsd ?? null,
    },
    ...(token && {
      token_budget: {
        day: gauged(ledger, limitsAt(), tokenGauge('day', token.id)),
        month: gauged(ledger, limitsAt(), tokenGauge('month', token.id)),
      },
    }),
  };
}
