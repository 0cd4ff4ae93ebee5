// Ledgers without a table: what the conditional writes do, one at a time.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Commit } from '#shared/core/write.ts';
import { type Change, LedgerConflict, type LedgerStore } from '#shared/limits/ledger-change.ts';
import { type Counts, EMPTY, type Ledger, MAX_OPEN } from '#shared/limits/ledger.ts';

type Step = (ledger: Ledger | undefined) => Ledger | undefined;

const plus = (counts: Counts, moves: Counts): Counts => ({
  ...counts,
  ...Object.fromEntries(Object.entries(moves).map(([name, by]) => [name, (counts[name] ?? 0) + by])),
});

const within = (counts: Counts, bounds: Counts): boolean =>
  Object.entries(bounds).every(([name, most]) => {
    const shown = counts[name];
    return shown !== undefined && shown <= most;
  });

function holds(ledger: Ledger, { day, budgetRevision, atMost }: Change): boolean {
  if (ledger.day !== day || ledger.budgetRevision !== budgetRevision) return false;
  return 'used' in atMost ? within(ledger.used, atMost.used) : within(ledger.spent, atMost.spent);
}

function changed(ledger: Ledger | undefined, change: Change): Ledger | undefined {
  if (!ledger || !holds(ledger, change)) return undefined;
  const next = {
    ...ledger,
    revision: ledger.revision + 1,
    used: plus(ledger.used, change.used),
    spent: plus(ledger.spent, change.spent),
  };
  if ('opens' in change) {
    const { id, hold } = change.opens;
    const isFree = !(id in ledger.open) && Object.keys(ledger.open).length < MAX_OPEN;
    return isFree ? { ...next, open: { ...ledger.open, [id]: hold } } : undefined;
  }
  const { [change.closes]: hold, ...open } = ledger.open;
  return hold ? { ...next, open } : undefined;
}

const make = (ownerId: OwnerId, step: Step) => ({
  item: { ownerId, step },
  rejected: () => new AppError('internal'),
});

/** @param before how a commit fares: as usual, not at all, or done with its answer lost */
export function memoryLedger(before: () => Promise<'made' | 'lost' | 'failed'> = async () => 'made') {
  const ledgers = new Map<OwnerId, Ledger>();
  let writes = 0;
  const store: LedgerStore = {
    find: async (ownerId) => ledgers.get(ownerId),
    change: (ownerId, change) => make(ownerId, (ledger) => changed(ledger, change)),
    replace: (ownerId, ledger) =>
      make(ownerId, (seen) =>
        (seen?.revision ?? 0) === ledger.revision ? { ...ledger, revision: ledger.revision + 1 } : undefined,
      ),
    setBudget: (ownerId, budget) =>
      make(ownerId, (seen = EMPTY) => {
        const { 'day.microUsd': _day, 'month.microUsd': _month, ...warned } = seen.warned;
        const { revision, budgetRevision } = seen;
        return { ...seen, budget, warned, revision: revision + 1, budgetRevision: budgetRevision + 1 };
      }),
  };

  const commit: Commit = async (made) => {
    const fate = await before();
    writes += 1;
    if (fate === 'failed') throw new Error('The store is down.');
    for (const { item } of made) {
      const { ownerId, step } = item as { ownerId: OwnerId; step: Step };
      const next = step(ledgers.get(ownerId));
      if (!next) throw new LedgerConflict(ledgers.get(ownerId));
      ledgers.set(ownerId, next);
    }
    if (fate === 'lost') throw new Error('The answer is lost.');
  };

  return { store, commit, ledgers, writes: () => writes };
}
