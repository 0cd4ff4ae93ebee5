// Writes a change of a ledger under concurrent changes.
import { AppError } from '#shared/core/errors.ts';
import { type Commit, Contention, type Write } from '#shared/core/write.ts';

import { LedgerConflict } from './ledger-change.ts';
import type { Ledger } from './ledger.ts';

/** Known state of the ledger: none yet, or the one returned by the last rejected write. */
export type Sight = {
  readonly seen: { readonly ledger: Ledger | undefined } | undefined;
  /** True if an earlier attempt got no response: it may have been committed. */
  readonly unsure: boolean;
};

/** `done`: an earlier attempt was committed. */
export type Plan = { readonly writes: readonly Write[] } | 'done';

const TRIES = 16;
/** Attempts per commit. An unwritten charge is unaccounted cost, so lost responses are retried more than twice. */
const UNANSWERED = 8;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 300;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Plans and commits until it succeeds. A commit without a response is retried, because only the ledger shows whether it
 * was made: a plan must detect that from the request id in it.
 * @throws {AppError} `unavailable` under permanent contention, besides what `plan` and `commit` throw
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
    // The first rejection only returns the current ledger; backoff starts with the second.
    if (tried > 1) await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried));
  }
}

/** Rejections of the store have a status; lost responses have none. */
function isUnanswered(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return error instanceof Error && !(error instanceof AppError) && $metadata?.httpStatusCode === undefined;
}

function afterwards(sight: Sight, error: unknown, again: boolean): Sight {
  if (error instanceof LedgerConflict) return { ...sight, seen: { ledger: error.ledger } };
  if (error instanceof Contention) return sight;
  if (error instanceof AppError) throw error;
  if (sight.unsure && !(again && isUnanswered(error))) throw error;
  return { ...sight, unsure: true };
}
