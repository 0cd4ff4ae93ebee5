// Quotas and budgets: by role as configured for the stage, lowered by the owner's own budget.
import * as z from 'zod';

import {
  type Gauge,
  gaugeName,
  GAUGES,
  type Limits,
  type OwnBudget,
  PERIODS,
  type TokenBudget,
  tokenGauge,
  type Unit,
} from './ledger.ts';

const Amounts = z.strictObject({
  calls: z.number().int().min(1).max(100_000_000).optional(),
  /** Micro-USD: 5000000 is $5. */
  micro_usd: z.number().int().min(1).max(1_000_000_000_000).optional(),
});
const Periods = z.strictObject({ day: Amounts.optional(), month: Amounts.optional() });
const Budget = Periods.extend({
  per_provider: z.record(z.string().regex(/^[a-z0-9-]{1,32}$/), Periods).optional(),
}).strict();
type Budget = z.infer<typeof Budget>;

/**
 * Budget for every role, e.g. `{"user": {"day": {"calls": 5000, "micro_usd": 20000000}}, …}`. An omitted value means no
 * limit.
 */
export const Budgets = z.strictObject({
  user: Budget,
  auditor: Budget,
  operator: Budget,
  admin: Budget,
  /** Policy for models without a known price. Their cost cannot be limited; their calls are counted. */
  unpriced: z.enum(['allow', 'refuse']).default('allow'),
});
export type Budgets = z.infer<typeof Budgets>;

export type BudgetRole = Exclude<keyof Budgets, 'unpriced'>;

const FIELD: Readonly<Record<Unit, 'calls' | 'micro_usd'>> = { calls: 'calls', microUsd: 'micro_usd' };

function limitIn(budget: Budget, { period, unit, provider }: Gauge): number | undefined {
  const periods = provider === undefined ? budget : budget.per_provider?.[provider];
  return periods?.[period]?.[FIELD[unit]];
}

const OWN = { day: 'dayMicroUsd', month: 'monthMicroUsd' } as const;

/** The most generous role of the caller applies; a role without a limit removes it. */
function stageLimit(budgets: Budgets, roles: readonly BudgetRole[], gauge: Gauge): number | undefined {
  const limits = roles.map((role) => limitIn(budgets[role], gauge));
  return limits.length === 0 ? 0 : limits.includes(undefined) ? undefined : Math.max(...limits.map(Number));
}

type LimitsSite = {
  readonly roles: readonly BudgetRole[];
  readonly provider: string | undefined;
  readonly token?: TokenBudget | undefined;
};

/** Limits of one caller's calls to one provider, by gauge name; the owner's own budget can only lower them. */
export function budgetLimits(
  budgets: Budgets,
  { roles, provider, token }: LimitsSite,
  own: OwnBudget = {},
): Limits {
  const entries = GAUGES.flatMap(({ period, unit }) =>
    [undefined, ...(provider === undefined ? [] : [provider])].flatMap((scope) => {
      const gauge: Gauge = { period, unit, provider: scope };
      const given = stageLimit(budgets, roles, gauge);
      const chosen = unit === 'microUsd' && scope === undefined ? own[OWN[period]] : undefined;
      const limit = Math.min(given ?? Infinity, chosen ?? Infinity);
      return limit === Infinity ? [] : [[gaugeName(gauge), limit] as const];
    }),
  );
  return Object.fromEntries([...entries, ...(token ? tokenLimits(token) : [])]);
}

const tokenLimits = (token: TokenBudget): [string, number][] =>
  PERIODS.flatMap((period): [string, number][] => {
    const limit = token[OWN[period]];
    return limit === undefined ? [] : [[tokenGauge(period, token.id), limit]];
  });
