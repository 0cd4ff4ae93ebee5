// Availability of an upstream, as its breaker shows it to one owner.
import { type Breaker, circuitState } from './circuit-state.ts';

/** Group of the providers that the whole stage calls. */
export const PROVIDERS = 'providers';

export type Availability = {
  /** `degraded`: its last calls failed; it is still called. */
  readonly status: 'available' | 'degraded' | 'unavailable';
  readonly unavailable_since?: string;
  readonly retry_after_seconds?: number;
};

/** Failures are remembered for so long after the window in which they were counted began. */
const DEGRADED_MS = 60_000;

export function availabilityOf(
  breaker: Breaker | undefined,
  { owner, now }: { owner: string; now: number },
): Availability {
  if (!breaker) return { status: 'available' };
  const { outage, failed, windowStart } = breaker;
  if (outage && circuitState(breaker, { owner, now }) !== 'closed') {
    return {
      status: 'unavailable',
      unavailable_since: new Date(outage.since).toISOString(),
      retry_after_seconds: Math.max(1, Math.ceil((outage.retryAt - now) / 1000)),
    };
  }
  return { status: failed > 0 && now - windowStart < DEGRADED_MS ? 'degraded' : 'available' };
}
