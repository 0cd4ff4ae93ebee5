// Rate limits that are exact across all instances: the generic cell rate algorithm (GCRA), one number per limit. The
// number is `tat`, the theoretical arrival time of the next call in a steady stream. It is only moved by conditional
// writes, so no two callers are admitted for the same slot. A write with a lost response costs the caller a slot and
// never gains one.
import { AppError } from '#shared/core/errors.ts';

/** Sustained calls per minute, and at most `burst` at once. */
export type RateLimit = { readonly perMinute: number; readonly burst: number };

/** Scope of a limit: all calls of an owner, those to one provider, or those of one tool. */
export type Counted =
  | { readonly scope: 'owner' }
  | { readonly scope: 'provider'; readonly provider: string }
  | { readonly scope: 'tool'; readonly tool: string };

/** Other attributes of the limit's row. They are returned by the write at no extra cost. */
export type Beside = Readonly<Record<string, unknown>>;

/** Port. Times are microseconds since the epoch. */
export type RateStore = {
  /**
   * Moves `tat` forward by `interval` if it is between `now` and `now + tolerance`; otherwise returns the current
   * value.
   */
  readonly extend: (
    name: string,
    at: { now: number; tolerance: number; interval: number },
  ) => Promise<{ moved: true; beside: Beside } | { moved: false; tat: number | undefined }>;
  /** Sets `tat` to `now + interval` if it is absent or in the past; otherwise returns nothing. */
  readonly restart: (name: string, at: { now: number; interval: number }) => Promise<Beside | undefined>;
};

/** @throws {AppError} `rate_limited` naming the limit; `unavailable` under contention far above it */
export type Admit = (
  name: string,
  limit: RateLimit,
  counted: Counted,
) => Promise<{ readonly row: string; readonly beside: Beside }>;

const MICROSECONDS = 1_000_000;
/** Number of lost writes after which contention is far above the limit. */
const ROUNDS = 4;
const MAX_SEEN = 1000;

/** @param ports.now microseconds by the store's clock: an instance with a fast clock would admit too many */
export function createAdmit(ports: { store: RateStore; now: () => number }): Admit {
  const { store, now } = ports;

  // Last `tat` seen by this instance. It only selects which of the two writes is tried first: a wrong value costs one
  // more write, never a slot.
  const seen = new Map<string, number>();
  const remember = (name: string, tat: number) => {
    if (seen.size >= MAX_SEEN) seen.clear();
    seen.set(name, tat);
  };

  return async (owner, { perMinute, burst }, counted) => {
    // A changed limit starts a new count: under a slower limit `tat` may be so far ahead that a faster one would have
    // no effect.
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
        throw rateLimitedError({ perMinute, burst }, counted, extended.tat - tolerance - at);
      }
    }
    throw new AppError('unavailable', 'Too many concurrent calls.');
  };
}

function describeScope(counted: Counted): string {
  if (counted.scope === 'provider') return `calls to ${counted.provider}`;
  return counted.scope === 'tool' ? `calls of ${counted.tool}` : 'calls';
}

function rateLimitedError(
  { perMinute, burst }: RateLimit,
  counted: Counted,
  waitMicroseconds: number,
): AppError {
  const seconds = Math.max(1, Math.ceil(waitMicroseconds / MICROSECONDS));
  return new AppError(
    'rate_limited',
    `At most ${perMinute} ${describeScope(counted)} per minute, with bursts of ${burst}, are allowed.`,
    {
      ...counted,
      retry_after_seconds: seconds,
      limit: { per_minute: perMinute, burst },
      next_step: `Wait ${seconds} s, then try again.`,
    },
  );
}
