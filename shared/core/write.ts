// Atomic commit of a change and its audit record: drivers create writes, one commit carries them all.
import { AppError } from './errors.ts';

/** `unknown`: no answer, so that the writes may have been made or not. */
export type CommitOutcome = 'committed' | 'rejected' | 'unknown';

/** One conditional write, created by a store's driver and opaque to other modules. */
export type Write = {
  readonly item: unknown;
  /** Builds the item when the commit begins instead, for an item that depends on earlier commits. */
  readonly open?: () => OpenedItem;
  /** Error to throw if this write's condition fails. @param current the current row, if there is one */
  readonly rejected: (current?: Readonly<Record<string, unknown>>) => AppError;
};

export type OpenedItem = {
  readonly item: unknown;
  /** Whether a row in the way of a lone write is this write, made by an attempt without an answer. */
  readonly isApplied: (current: Readonly<Record<string, unknown>>) => boolean;
  /** Called once, at the end of the commit. */
  readonly settle: (outcome: CommitOutcome) => void;
};

/** Contention: concurrent transactions changed the same rows on every attempt. Nothing was written. */
export class Contention extends AppError {
  constructor() {
    super('unavailable', 'Too many concurrent calls.', { retry_after_seconds: 1 });
  }
}

/**
 * Port. All writes or none.
 * @throws {AppError} the `rejected()` of the first write whose condition failed; `Contention`. An unavailable store
 * throws errors of its own.
 */
export type Commit = (writes: readonly Write[]) => Promise<void>;
