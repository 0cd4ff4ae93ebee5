// Ledger changes without reading the ledger: increments, and the conditions under which they are valid. Most calls are
// admitted and settled this way, in one write, with any number in parallel. If a condition fails, the store returns the
// ledger and the rules of ledger.ts decide.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

import {
  type Amount,
  type Counts,
  type Hold,
  type Ledger,
  type Limits,
  movesOf,
  type OwnBudget,
  quietUntil,
  roomFor,
} from './ledger.ts';

/** Valid only for a ledger of this day and this revision of its owner's budget. */
export type Change = {
  readonly day: string;
  readonly budgetRevision: number;
  readonly used: Counts;
  readonly spent: Counts;
  /** Maximum of each gauge before the change. An absent gauge fails the condition. */
  readonly atMost: { readonly used: Limits } | { readonly spent: Limits };
} & (
  | { readonly opens: { readonly id: string; readonly hold: Hold } } // unless it is open already, or too many are
  | { readonly closes: string } // if it is open
);

/** Failed condition of a ledger write. Carries the current ledger; nothing was written. */
export class LedgerConflict extends AppError {
  readonly ledger: Ledger | undefined;

  constructor(ledger: Ledger | undefined) {
    super('conflict', 'The ledger has moved.');
    this.ledger = ledger;
  }
}

/** Port: one ledger per owner. Writes are rejected with `LedgerConflict`. */
export type LedgerStore = {
  readonly find: (ownerId: OwnerId) => Promise<Ledger | undefined>;
  readonly change: (ownerId: OwnerId, change: Change) => Write;
  /** @param ledger with the revision of the ledger it replaces; 0 if there is none */
  readonly replace: (ownerId: OwnerId, ledger: Ledger) => Write;
  /** Unconditional: no other attribute changes. Resets the budget warnings, because the limits changed. */
  readonly setBudget: (ownerId: OwnerId, budget: OwnBudget) => Write;
};

/** Cached view of an owner's ledger. It selects which write is tried first and never decides the outcome. */
export type Remembered = Pick<Ledger, 'day' | 'budget' | 'budgetRevision' | 'warned'>;

const map = (counts: Counts, by: (name: string, value: number) => number): Counts =>
  Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, by(name, value)]));

const limited = (moves: Counts, limits: Limits): Limits =>
  Object.fromEntries(Object.entries(limits).filter(([name]) => name in moves));

export function reservation(
  known: Remembered,
  { id, hold }: { id: string; hold: Hold },
  limits: Limits,
): Change {
  const moves = movesOf({ ...hold, calls: 1 });
  return {
    day: hold.day,
    budgetRevision: known.budgetRevision,
    used: moves,
    spent: {},
    atMost: { used: map(limited(moves, limits), (name, limit) => roomFor(limit, moves[name] ?? 0)) },
    opens: { id, hold },
  };
}

/** Replaces the reservation by the actual cost, including when another provider served the call. */
export function settlement(
  known: Remembered,
  { id, hold, actual }: { id: string; hold: Hold; actual: Amount },
  limits: Limits,
): Change {
  const held = movesOf({ ...hold, calls: 1 });
  const moves = movesOf(actual);
  const warned = known.day === hold.day ? known.warned : {};
  const quiet = Object.entries(limited(moves, limits))
    .map(([name, limit]) => [name, quietUntil(limit, warned[name] ?? 0) - (moves[name] ?? 0)] as const)
    .filter(([, room]) => room !== Infinity);
  return {
    day: hold.day,
    budgetRevision: known.budgetRevision,
    used: map({ ...held, ...moves }, (name) => (moves[name] ?? 0) - (held[name] ?? 0)),
    spent: moves,
    atMost: { spent: Object.fromEntries(quiet) },
    closes: id,
  };
}
