// Work on what comes from outside computes without a pause, and some input makes it compute for minutes: no timer fires
// meanwhile, so nothing but this ends it in time to say so.
import { runInNewContext } from 'node:vm';

import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';

/** Kept back: for what is done with the result, or to tell that there is none. */
const MARGIN_MS = 1500;
const LONGEST_MS = 12_000;

const tookTooLong = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * The result of work that is not asynchronous. Ended wherever it stands, so it must leave nothing half done behind.
 * @throws {AppError} `invalid_input` where it takes too long; whatever the work throws
 */
export function within<T>({ remainingMs }: Pick<Deadline, 'remainingMs'>, work: () => T): T {
  const timeout = Math.ceil(Math.min(LONGEST_MS, Math.max(1, remainingMs() - MARGIN_MS)));
  try {
    // The time of a script counts whatever it calls: nothing of ours runs in the other context.
    return runInNewContext('work()', { work }, { timeout }) as T;
  } catch (error) {
    if (!tookTooLong(error)) throw error;
    throw new AppError('invalid_input', 'Validation of the registration timed out.', {
      issues: [{ path: 'body', message: 'is too large; select fewer tools' }],
    });
  }
}
