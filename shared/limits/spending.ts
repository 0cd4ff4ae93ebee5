// Quotas and money of calls to the outside: reserved before, settled after.
import { AppError } from '#shared/core/errors.ts';
import { type Commit, Contention, type Write } from '#shared/core/write.ts';

import { type Amount, dayOf, type Hold, WARNINGS } from './ledger.ts';
import { persist } from './persist.ts';
import { type Caller, createPlans, type PlanPorts } from './plans.ts';
import { unpricedError } from './refusals.ts';

/** What a call is about to ask of whom. Sizes bound its price from above. */
export type Estimate = {
  readonly provider: string;
  readonly model: string;
  /** Absent: not of a provider that bills by size. Such a call is neither limited nor charged here. */
  readonly inputBytes?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
};

/** Whole millionths of a US dollar, and the price table they come from. */
export type Cost = { readonly costMicroUsd: number; readonly priceVersion: string } | 'unknown';

/** How a call ended: served, with what is recorded of it, or not. */
export type Ending<Served> = { readonly served: Served } | { readonly error: AppError };

/** What a call cost its owner, as it is recorded and told. `cost_estimated`: it may have been billed, nobody knows how much. */
export type Charge = {
  readonly cost_micro_usd: number | 'unknown';
  readonly price_version?: string;
  readonly reason?: 'cost_estimated';
};

/** The money of one call. */
export type Account<Served> = {
  /**
   * Sets aside the most that this call can cost, by a commit that takes what else belongs to it.
   * @throws {AppError} `quota_exceeded`, `budget_exceeded`, `price_unknown`, `rate_limited`, `unavailable`: nothing may be
   * called then
   */
  readonly reserve: (estimate: Estimate, commit: Commit) => Promise<void>;
  /** Charges what it did cost, once, however often it is called. Only commits where nothing was reserved. */
  readonly settle: (
    ending: Ending<Served>,
    commit: (writes: readonly Write[], charge: Charge | undefined) => Promise<void>,
  ) => Promise<Charge | undefined>;
};

export type SpendingPorts<Served> = PlanPorts & {
  readonly worstCaseOf: (estimate: Estimate) => number | 'unknown';
  readonly costOf: (served: Served, estimate: Estimate) => { provider: string; cost: Cost };
  /** Holds a caller back whose limit is nearly reached. @throws {AppError} `rate_limited` */
  readonly slowDown: (caller: Caller) => Promise<void>;
};

/** Longer than a call that was given up can still be under way. */
const GRACE_MS = 60_000;
/** At the last warning a caller is slowed down. */
const NEAR = WARNINGS[WARNINGS.length - 1] ?? 100;

/** The call ended before its provider was asked. */
const NOT_ASKED =
  /^(key_(missing|frozen|expired|invalid)|kms_\w+|integrity_failed|egress_refused|unavailable|invalid_input)$/;
/** The provider did not answer the question: no provider bills for that. */
const NOT_BILLED = /^(key_rejected|rate_limited|upstream_failed|upstream_unreachable)$/;

type Open = { readonly hold: Hold; readonly estimate: Estimate; readonly priced: boolean };
type Charged = { readonly amount: Amount; readonly charge: Charge | undefined };

const nothing = ({ hold: { provider } }: Open): Charged => ({
  amount: { provider, calls: 0, microUsd: 0 },
  charge: undefined,
});

/** It may have been billed, nobody knows how much: it costs what was set aside for it. */
const estimated = ({ hold: { provider, microUsd }, priced }: Open): Charged => ({
  amount: { provider, calls: 1, microUsd },
  charge: { cost_micro_usd: priced ? microUsd : 'unknown', reason: 'cost_estimated' },
});

/** An answer that was cut off, or came too late, may have been billed. */
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

/** @throws {AppError} `price_unknown` where the stage wants prices known */
function opened<Served>(
  { worstCaseOf, budgets, now }: SpendingPorts<Served>,
  { deadline }: Caller,
  estimate: Estimate,
): Open {
  const worst = worstCaseOf(estimate);
  if (worst === 'unknown' && budgets.unpriced === 'refuse') throw unpricedError(estimate.provider);
  const at = now();
  const hold: Hold = {
    provider: estimate.provider,
    microUsd: worst === 'unknown' ? 0 : worst,
    day: dayOf(at),
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
        if (plans.highestWarning(caller.uid, made.hold) >= NEAR) await ports.slowDown(caller);
        const hasTime = () => caller.deadline.remainingMs() > 0;
        open = made;
        try {
          await persist(plans.reservation(caller, made.hold), commit, hasTime);
        } catch (error) {
          // After a refusal nothing was reserved; after anything else it may be, for a call that is not made.
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
        // The first end counts: a later one may only say that the first could not be written.
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
          plans.forget(caller.uid);
          throw error;
        }
        return charge;
      },
    };
  };
}
