// How a change and its audit record reach the store together: drivers make writes, one commit carries them all.
import { AppError } from './errors.ts';

/** One conditional write, made by a store's driver, opaque to everybody else. */
export type Write = {
  readonly item: unknown;
  /** The refusal to throw when this write's condition does not hold. @param current the row as it is, if there is one */
  readonly refused: (current?: Readonly<Record<string, unknown>>) => AppError;
};

/** Others changed the same rows at the same moment, as often as it was tried. Nothing was written. */
export class Contention extends AppError {
  constructor() {
    super('unavailable', 'Too many concurrent calls.', { retry_after_seconds: 1 });
  }
}

/**
 * Port. All writes or none.
 * @throws {AppError} the `refused()` of the first write whose condition failed; `Contention`. A store that is down throws
 * errors of its own.
 */
export type Commit = (writes: readonly Write[]) => Promise<void>;
