// Rules of a circuit breaker: when an upstream counts as down, who may probe it, and when it counts as up again. Pure functions of
// the stored state: every instance applies them to the row that all instances share.
import type { Breaker } from './circuit-state.ts';

/** Failures are counted for so long; then counting starts again. */
const WINDOW_MS = 60_000;
/** Failures in a window that open the breaker, if they are at least half of the counted calls. */
const MIN_FAILURES = 5;
const FIRST_PAUSE_MS = 1000;
/** Longest time between two probes: with `OPEN_LAG_MS` it bounds how late a recovery is noticed. */
const MAX_PAUSE_MS = 3000;
/** A probe that takes longer no longer keeps the next one waiting. */
const PROBE_MS = 5000;

export const newBreaker = (name: string): Breaker => ({
  name,
  version: 0,
  windowStart: 0,
  failed: 0,
  succeeded: 0,
  owners: [],
});

/** Jitter of a quarter: instances whose clocks agree do not all probe at once. */
const pauseMs = (failedProbes: number, random: number): number =>
  Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failedProbes) * (0.75 + random / 4);

const next = (breaker: Breaker, change: Partial<Breaker>): Breaker => ({
  ...breaker,
  ...change,
  version: breaker.version + 1,
});

export type CircuitFailure = {
  readonly owner: string;
  readonly reason: string;
  /** Successes that this instance has seen in the window and not reported yet. */
  readonly succeeded: number;
  readonly now: number;
  readonly random: number;
};

/** Counts of the current window with this failure. */
function counted(breaker: Breaker, { owner, succeeded, now }: CircuitFailure) {
  const isCurrent = now - breaker.windowStart < WINDOW_MS && breaker.windowStart <= now + WINDOW_MS;
  const {
    windowStart,
    failed,
    succeeded: before,
    owners,
  } = isCurrent ? breaker : { ...newBreaker(breaker.name), windowStart: now };
  return {
    windowStart,
    failed: failed + 1,
    succeeded: before + succeeded,
    owners: owners.includes(owner) || owners.length > 1 ? owners : [...owners, owner],
  };
}

/**
 * Counts a failure of a call that was admitted while the breaker was closed for its owner. Failures of one owner alone open it for
 * that owner alone: a request that makes a provider fail must not take the provider away from everyone.
 * @returns undefined if it changes nothing: the breaker was opened meanwhile
 */
export function afterFailure(breaker: Breaker, failure: CircuitFailure): Breaker | undefined {
  const { outage } = breaker;
  const { owner, now, random, reason } = failure;
  if (outage && (outage.onlyFor === undefined || outage.onlyFor === owner)) return undefined;
  const counts = counted(breaker, failure);
  const isBroken = counts.failed >= MIN_FAILURES && counts.failed >= counts.succeeded;
  if (!isBroken) return next(breaker, counts);
  const isShared = outage !== undefined || counts.owners.length > 1;
  const opened = {
    since: now,
    reason,
    retryAt: now + pauseMs(0, random),
    failedProbes: 0,
    ...(!isShared && { onlyFor: owner }),
  };
  return next(breaker, { ...counts, outage: opened });
}

/** Takes the probe for one caller. The version is its fence. */
export function withProbe(breaker: Breaker, now: number): Breaker {
  const { outage, version } = breaker;
  if (!outage) return breaker;
  return next(breaker, { outage: { ...outage, probe: { fence: version + 1, until: now + PROBE_MS } } });
}

/** @returns undefined if a later probe decides */
export function afterFailedProbe(
  breaker: Breaker,
  { fence, now, random }: { fence: number; now: number; random: number },
): Breaker | undefined {
  const { outage } = breaker;
  if (outage?.probe?.fence !== fence) return undefined;
  const failedProbes = outage.failedProbes + 1;
  const retryAt = now + pauseMs(failedProbes, random);
  return next(breaker, { outage: { ...outage, failedProbes, retryAt, probe: undefined } });
}

/** Gives back a probe that was not sent. */
export function withoutProbe(breaker: Breaker, fence: number): Breaker | undefined {
  const { outage } = breaker;
  return outage?.probe?.fence === fence
    ? next(breaker, { outage: { ...outage, probe: undefined } })
    : undefined;
}

/**
 * Ends an outage after the success of a probe that was sent in it. A probe whose lease has passed to another counts too: the
 * upstream has answered.
 * @returns undefined if the outage is over
 */
export function afterRecovery(breaker: Breaker, since: number): Breaker | undefined {
  if (breaker.outage?.since !== since) return undefined;
  return next(breaker, { windowStart: 0, failed: 0, succeeded: 0, owners: [], outage: undefined });
}
