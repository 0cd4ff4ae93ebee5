// Brings a change of a ledger to the store, whatever others do to it at the same time.
import { AppError } from '#shared/core/errors.ts';
import { type Commit, Contention, type Write } from '#shared/core/write.ts';

import { LedgerMoved } from './ledger-change.ts';
import type { Ledger } from './ledger.ts';

/** What was seen of the ledger: nothing yet, or how it stood when the last try was refused. */
export type Sight = {
  readonly seen: { readonly ledger: Ledger | undefined } | undefined;
  /** An earlier try got no answer: it may have been made. */
  readonly unsure: boolean;
};

/** `done`: an earlier try was made after all. */
export type Plan = { readonly writes: readonly Write[] } | 'done';

const TRIES = 16;
/** A charge that stays unwritten is money that nobody sees, so a store that loses its answers is asked more than twice. */
const UNANSWERED = 8;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 300;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Plans and commits until it holds. A commit without an answer is tried again, as only the ledger can tell whether it was
 * made: a plan must see that from the request id in it.
 * @throws {AppError} `unavailable` when others were always faster, besides what `plan` and `commit` throw
 */
export async function persist(
  plan: (sight: Sight) => Plan,
  commit: Commit,
  hasTime: () => boolean,
): Promise<void> {
  let sight: Sight = { seen: undefined, unsure: false };
  let unanswered = 0;
  for (let tried = 1; ; tried += 1) {
    const planned = plan(sight);
    if (planned === 'done') return;
    try {
      await commit(planned.writes);
      return;
    } catch (error) {
      unanswered += isUnanswered(error) ? 1 : 0;
      sight = afterwards(sight, error, unanswered < UNANSWERED);
      if (tried === TRIES || !hasTime()) throw new Contention();
    }
    // The first refusal only shows what the ledger is like: somebody has to be waited for after the second.
    if (tried > 1) await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried));
  }
}

/** The store's own refusals have a status; what was lost on its way has none. */
function isUnanswered(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return error instanceof Error && !(error instanceof AppError) && $metadata?.httpStatusCode === undefined;
}

function afterwards(sight: Sight, error: unknown, again: boolean): Sight {
  if (error instanceof LedgerMoved) return { ...sight, seen: { ledger: error.ledger } };
  if (error instanceof Contention) return sight;
  if (error instanceof AppError) throw error;
  if (sight.unsure && !(again && isUnanswered(error))) throw error;
  return { ...sight, unsure: true };
}
