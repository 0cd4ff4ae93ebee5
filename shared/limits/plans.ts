// Writes of a reservation and a settlement: the fast path assumes the ledger that this instance cached, the slow path
// uses the current ledger.
import type { Deadline } from '#shared/core/deadline.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

import { budgetLimits, type BudgetRole, type Budgets } from './budgets.ts';
import { type LedgerStore, type Remembered, reservation, settlement } from './ledger-change.ts';
import {
  type Amount,
  EMPTY,
  exhausted,
  gaugeOf,
  type Hold,
  isCrowded,
  type Ledger,
  movesOf,
  reserved,
  rolled,
  settled,
  swept,
  type TokenBudget,
  type Warning,
  dueWarnings,
} from './ledger.ts';
import type { Plan, Sight } from './persist.ts';
import { crowdedError, exhaustedError } from './limit-errors.ts';

export type Caller = {
  readonly ownerId: OwnerId;
  readonly roles: readonly BudgetRole[];
  /** Personal access token of the call, if it has a budget of its own. */
  readonly token?: TokenBudget | undefined;
  readonly requestId: string;
  readonly deadline: Deadline;
};

export type PlanPorts = {
  readonly store: LedgerStore;
  readonly budgets: Budgets;
  /** Notifies the owner and the operators: writes to commit with the settlement. */
  readonly warn: (caller: Caller, warning: Warning, day: string) => readonly Write[];
  /** Milliseconds by the store's clock. */
  readonly now: () => number;
};

const MAX_REMEMBERED = 1000;
const UNKNOWN: Remembered = EMPTY;

const isCounted = (counts: Readonly<Record<string, number>>, amount: Amount): boolean =>
  Object.keys(movesOf(amount)).every((gauge) => gauge in counts);

function isGaugeFor(name: string, { provider, token }: Pick<Hold, 'provider' | 'token'>): boolean {
  const gauge = gaugeOf(name);
  return (gauge.provider ?? provider) === provider && (gauge.token ?? token) === token;
}

/**
 * Checks that the ledger has room for this reservation.
 * @throws {AppError} `quota_exceeded`, `budget_exceeded`, `rate_limited`
 */
function checkRoom(
  ledger: Ledger,
  hold: Hold,
  at: { limits: Readonly<Record<string, number>>; nowMs: number },
) {
  const amount = { ...hold, calls: 1 };
  const broken = exhausted(ledger, amount, at.limits);
  if (broken) {
    const wanted = movesOf(amount)[broken.gauge] ?? 0;
    throw exhaustedError(broken, { day: ledger.day, nowMs: at.nowMs, wanted });
  }
  if (isCrowded(ledger)) throw crowdedError();
}

export function createPlans({ store, budgets, warn, now }: PlanPorts) {
  const memory = new Map<OwnerId, Remembered>();
  const remember = (ownerId: OwnerId, { day, budget, budgetRevision, warned }: Ledger) => {
    if (memory.size >= MAX_REMEMBERED) memory.clear();
    memory.set(ownerId, { day, budget, budgetRevision, warned });
  };
  const known = (ownerId: OwnerId) => memory.get(ownerId) ?? UNKNOWN;
  const limitsFor = ({ roles, token }: Caller, provider: string, { budget }: Remembered) =>
    budgetLimits(budgets, { roles, provider, token }, budget);

  return {
    forget: (ownerId: OwnerId) => void memory.delete(ownerId),

    /** Highest known warning that applies to such a call, in per cent of its limit. */
    highestWarning(ownerId: OwnerId, { provider, token, day }: Hold): number {
      const { warned, day: seen } = known(ownerId);
      const own = Object.entries(warned).filter(([name]) => isGaugeFor(name, { provider, token }));
      return seen === day ? Math.max(0, ...own.map(([, percent]) => percent)) : 0;
    },

    /** The plan throws the errors of `checkRoom`. */
    reservation(caller: Caller, asked: Hold) {
      const { ownerId, requestId: id } = caller;
      const quickly = (from: Remembered, hold: Hold): Plan => {
        const limits = limitsFor(caller, hold.provider, from);
        return { writes: [store.change(ownerId, reservation(from, { id, hold }, limits))] };
      };
      return ({ seen }: Sight): Plan => {
        if (!seen) return quickly(known(ownerId), asked);
        const { ledger: before = EMPTY } = seen;
        if (before.open[id]) return 'done';
        remember(ownerId, before);
        const ledger = swept(rolled(before, asked.day), now());
        const hold = { ...asked, day: ledger.day };
        checkRoom(ledger, hold, { limits: limitsFor(caller, hold.provider, ledger), nowMs: now() });
        const isUsual = ledger === before && isCounted(before.used, { ...hold, calls: 1 });
        if (isUsual) return quickly(before, hold);
        return { writes: [store.replace(ownerId, reserved(ledger, id, hold))] };
      };
    },

    settlement(caller: Caller, { hold, actual: amount }: { hold: Hold; actual: Amount }) {
      const { ownerId, requestId: id } = caller;
      const actual = { ...amount, token: hold.token };
      const quickly = (from: Remembered, held: Hold): Plan => {
        const limits = limitsFor(caller, actual.provider, from);
        return { writes: [store.change(ownerId, settlement(from, { id, hold: held, actual }, limits))] };
      };
      return ({ seen, unsure }: Sight): Plan => {
        if (!seen) return quickly(known(ownerId), hold);
        const { ledger: before = EMPTY } = seen;
        const own = before.open[id];
        // Committed without a response; or never reserved, expired, or erased with its owner.
        if (!own) return unsure ? 'done' : { writes: [] };
        remember(ownerId, before);
        const limits = limitsFor(caller, actual.provider, before);
        const { ledger, warnings } = dueWarnings(settled(before, id, actual), limits);
        const isUsual = warnings.length === 0 && own.day === before.day && isCounted(before.spent, actual);
        if (isUsual) return quickly(before, own);
        remember(ownerId, ledger); // reset if it cannot be written
        const notices = warnings.flatMap((warning) => warn(caller, warning, before.day));
        return { writes: [store.replace(ownerId, ledger), ...notices] };
      };
    },
  };
}
