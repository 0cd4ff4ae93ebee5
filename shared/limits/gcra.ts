// Rate limits that are exact across all instances: the generic cell rate algorithm, one number per limit.
//
// The number is `tat`, the theoretical arrival time of the next call in a steady stream. It is moved by conditional
// writes only, so no two callers are admitted on the same place. A write whose answer is lost costs the caller a
// place and never gains one.
import { AppError } from '#shared/core/errors.ts';

/** So many calls a minute in the long run, and at most `burst` at once. */
export type RateLimit = { readonly perMinute: number; readonly burst: number };

/** What a limit counts: all calls of an owner, those to one provider, or those of one tool. */
export type Counted =
  | { readonly scope: 'owner' }
  | { readonly scope: 'provider'; readonly provider: string }
  | { readonly scope: 'tool'; readonly tool: string };

/** What else stands in a limit's row, from whoever put it there: it comes with the write, at no cost. */
export type Beside = Readonly<Record<string, unknown>>;

/** Port. Times are microseconds since the epoch. */
export type RateStore = {
  /** Moves `tat` on by `interval` if it stands between `now` and `now + tolerance`; else tells where it stands. */
  readonly extend: (
    name: string,
    at: { now: number; tolerance: number; interval: number },
  ) => Promise<{ moved: true; beside: Beside } | { moved: false; tat: number | undefined }>;
  /** Sets `tat` to `now + interval` if there is none or it lies in the past, else returns nothing. */
  readonly restart: (name: string, at: { now: number; interval: number }) => Promise<Beside | undefined>;
};

/** @throws {AppError} `rate_limited` naming the limit; `unavailable` in a crowd far over it */
export type Admit = (
  name: string,
  limit: RateLimit,
  counted: Counted,
) => Promise<{ readonly row: string; readonly beside: Beside }>;

const MICROSECONDS = 1_000_000;
/** A caller that loses this often meets a crowd far over its limit. */
const ROUNDS = 4;
const MAX_SEEN = 1000;

/** @param ports.now microseconds by the store's own clock: a writer ahead of the others would admit too many */
export function createAdmit(ports: { store: RateStore; now: () => number }): Admit {
  const { store, now } = ports;

  // Where `tat` stood when last seen from here. It only says which of the two writes to try first: a guess that is
  // wrong costs one more write, never a place.
  const seen = new Map<string, number>();
  const remember = (name: string, tat: number) => {
    if (seen.size >= MAX_SEEN) seen.clear();
    seen.set(name, tat);
  };

  return async (owner, { perMinute, burst }, counted) => {
    // A changed limit counts anew: under a slower one `tat` may stand so far ahead that a faster one would not be felt.
    const name = `${owner}#${perMinute}/${burst}`;
    const interval = Math.ceil((60 * MICROSECONDS) / perMinute);
    const tolerance = (burst - 1) * interval;
    for (let round = 0; round < ROUNDS; round += 1) {
      const at = now();
      const guess = seen.get(name) ?? 0;
      const restarted = guess < at ? await store.restart(name, { now: at, interval }) : undefined;
      if (restarted) {
        remember(name, at + interval);
        return { row: name, beside: restarted };
      }
      const extended = await store.extend(name, { now: at, tolerance, interval });
      if (extended.moved) {
        remember(name, Math.max(guess, at) + interval);
        return { row: name, beside: extended.beside };
      }
      remember(name, extended.tat ?? 0);
      if (extended.tat !== undefined && extended.tat > at + tolerance) {
        throw refused({ perMinute, burst }, counted, extended.tat - tolerance - at);
      }
    }
    throw new AppError('unavailable', 'Too many concurrent calls.');
  };
}

function what(counted: Counted): string {
  if (counted.scope === 'provider') return `calls to ${counted.provider}`;
  return counted.scope === 'tool' ? `calls of ${counted.tool}` : 'calls';
}

function refused({ perMinute, burst }: RateLimit, counted: Counted, waitMicroseconds: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMicroseconds / MICROSECONDS));
  return new AppError(
    'rate_limited',
    `At most ${perMinute} ${what(counted)} per minute, with bursts of ${burst}, are allowed.`,
    {
      ...counted,
      retry_after_seconds: seconds,
      limit: { per_minute: perMinute, burst },
      next_step: `Wait ${seconds} s, then try again.`,
    },
  );
}
