// How a change and its audit record reach the store together: drivers make writes, one commit carries them all.
import type { AppError } from './errors.ts';

/** One conditional write, made by a store's driver, opaque to everybody else. */
export type Write = {
  readonly item: unknown;
  /** The refusal to throw when this write's condition does not hold. @param current the row as it is, if there is one */
  readonly refused: (current?: Readonly<Record<string, unknown>>) => AppError;
};

/**
 * Port. All writes or none.
 * @throws {AppError} the `refused()` of the first write whose condition failed; `unavailable` when the store is down
 */
export type Commit = (writes: readonly Write[]) => Promise<void>;
