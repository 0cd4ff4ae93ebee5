// Quotas and cost of outbound calls: reserved before, settled after.
import { AppError } from '#shared/core/errors.ts';
import { type Commit, Contention, type Write } from '#shared/core/write.ts';

import { type Amount, type Hold, ledgerDay, WARNINGS } from './ledger.ts';
import { persist } from './persist.ts';
import { type Caller, createPlans, type PlanPorts } from './plans.ts';
import { unpricedError, unpricedForToken } from './limit-errors.ts';

/** Planned call. Its sizes give the upper bound of its price. */
export type Estimate = {
  readonly provider: string;
  readonly model: string;
  /** Absent if no provider bills the call by size. Such a call is neither limited nor charged here. */
  readonly inputBytes?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
};

/** Micro-USD, and the version of the price table. */
export type Cost = { readonly costMicroUsd: number; readonly priceVersion: string } | 'unknown';

/** Outcome of a call: served with its recorded usage, or not served. */
export type Ending<Served> = { readonly served: Served } | { readonly error: AppError };

/** Cost of a call, as recorded and returned. `cost_estimated`: possibly billed, the exact amount is unknown. */
export type Charge = {
  readonly cost_micro_usd: number | 'unknown';
  readonly price_version?: string;
  readonly reason?: 'cost_estimated';
};

/** Accounting of one call. */
export type Account<Served> = {
  /**
   * Reserves the maximum cost of this call, in one commit with the given writes.
   * @throws {AppError} `quota_exceeded`, `budget_exceeded`, `price_unknown`, `rate_limited`, `unavailable`: the call
   * must not be made then
   */
  readonly reserve: (estimate: Estimate, commit: Commit) => Promise<void>;
  /** Charges the actual cost once; repeated settlements have no effect. Only commits if nothing was reserved. */
  readonly settle: (
    ending: Ending<Served>,
    commit: (writes: readonly Write[], charge: Charge | undefined) => Promise<void>,
  ) => Promise<Charge | undefined>;
};

export type SpendingPorts<Served> = PlanPorts & {
  readonly worstCaseOf: (estimate: Estimate) => number | 'unknown';
  readonly costOf: (served: Served, estimate: Estimate) => { provider: string; cost: Cost };
  /** Applies the reduced rate to a caller close to a limit. @throws {AppError} `rate_limited` */
  readonly slowDown: (caller: Caller) => Promise<void>;
};

/** Longer than an abandoned call can still be in progress. */
const GRACE_MS = 60_000;
/** Share of a limit, in per cent, from which the reduced rate applies. */
const NEAR = WARNINGS[WARNINGS.length - 1] ?? 100;

/** Failures before the provider was called. */
const NOT_ASKED =
  /^(key_(missing|frozen|expired|invalid)|kms_\w+|integrity_failed|egress_refused|(upstream_)?unavailable|invalid_input)$/;
/** Provider errors without a completion, which no provider bills. */
const NOT_BILLED = /^(key_rejected|rate_limited|upstream_failed|upstream_unreachable|tool_failed)$/;

type Open = { readonly hold: Hold; readonly estimate: Estimate; readonly priced: boolean };
type Charged = { readonly amount: Amount; readonly charge: Charge | undefined };

const nothing = ({ hold: { provider } }: Open): Charged => ({
  amount: { provider, calls: 0, microUsd: 0 },
  charge: undefined,
});

/** Possibly billed, exact amount unknown: charged at its reservation. */
const estimated = ({ hold: { provider, microUsd }, priced }: Open): Charged => ({
  amount: { provider, calls: 1, microUsd },
  charge: { cost_micro_usd: priced ? microUsd : 'unknown', reason: 'cost_estimated' },
});

/** An incomplete or late response may have been billed. */
function chargeOfFailure(open: Open, { code }: AppError): Charged {
  if (NOT_ASKED.test(code)) return nothing(open);
  const { provider } = open.hold;
  if (NOT_BILLED.test(code)) return { amount: { provider, calls: 1, microUsd: 0 }, charge: undefined };
  return estimated(open);
}

function chargeOfAnswer(open: Open, { provider, cost }: { provider: string; cost: Cost }): Charged {
  if (cost === 'unknown' && open.priced) return estimated(open); // it has a price, but its counts are of no use
  if (cost === 'unknown') {
    return { amount: { provider, calls: 1, microUsd: 0 }, charge: { cost_micro_usd: 'unknown' } };
  }
  const { costMicroUsd, priceVersion } = cost;
  return {
    amount: { provider, calls: 1, microUsd: costMicroUsd },
    charge: { cost_micro_usd: costMicroUsd, price_version: priceVersion },
  };
}

/** @throws {AppError} `price_unknown` if the stage requires known prices */
function opened<Served>(
  { worstCaseOf, budgets, now }: SpendingPorts<Served>,
  { deadline, token }: Caller,
  estimate: Estimate,
): Open {
  const worst = worstCaseOf(estimate);
  if (worst === 'unknown' && budgets.unpriced === 'refuse') throw unpricedError(estimate.provider);
  if (worst === 'unknown' && token) throw unpricedForToken(estimate.provider);
  const at = now();
  const hold: Hold = {
    provider: estimate.provider,
    ...(token && { token: token.id }),
    microUsd: worst === 'unknown' ? 0 : worst,
    day: ledgerDay(at),
    until: Math.ceil(at + deadline.remainingMs() + GRACE_MS),
  };
  return { hold, estimate, priced: worst !== 'unknown' };
}

export function createSpending<Served>(ports: SpendingPorts<Served>): (caller: Caller) => Account<Served> {
  const plans = createPlans(ports);

  return (caller) => {
    let open: Open | undefined;
    let charged: Charged | undefined;

    return {
      async reserve(estimate, commit) {
        if (estimate.inputBytes === undefined) return commit([]);
        const made = opened(ports, caller, estimate);
        if (plans.highestWarning(caller.ownerId, made.hold) >= NEAR) await ports.slowDown(caller);
        const hasTime = () => caller.deadline.remainingMs() > 0;
        open = made;
        try {
          await persist(plans.reservation(caller, made.hold), commit, hasTime);
        } catch (error) {
          // A rejection reserved nothing; after any other error a reservation may exist for a call that is not made.
          if (error instanceof AppError && !(error instanceof Contention)) open = undefined;
          charged = nothing(made);
          throw error;
        }
      },

      async settle(ending, commit) {
        if (!open) {
          await commit([], undefined);
          return undefined;
        }
        // The first settlement applies: a later one may only report that the first could not be written.
        charged ??=
          'error' in ending
            ? chargeOfFailure(open, ending.error)
            : chargeOfAnswer(open, ports.costOf(ending.served, open.estimate));
        const { amount, charge } = charged;
        const plan = plans.settlement(caller, { hold: open.hold, actual: amount });
        try {
          await persist(
            plan,
            (writes) => commit(writes, charge),
            () => true,
          );
        } catch (error) {
          plans.forget(caller.ownerId);
          throw error;
        }
        return charge;
      },
    };
  };
}
