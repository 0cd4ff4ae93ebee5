// State of a circuit breaker.

export type Outage = {
  /** Milliseconds since the epoch, as every time here. Identifies the outage. */
  readonly since: number;
  /** Code of the error that opened the breaker. */
  readonly reason: string;
  readonly retryAt: number;
  readonly failedProbes: number;
  /** The only owner for whom the breaker is open: calls of others did not fail. */
  readonly onlyFor?: string | undefined;
  readonly probe?: { readonly fence: number; readonly until: number } | undefined;
};

export type Breaker = {
  readonly name: string;
  /** Counts the writes to the row. */
  readonly version: number;
  readonly windowStart: number;
  readonly failed: number;
  readonly succeeded: number;
  /** Owners whose calls failed in this window: two at most. */
  readonly owners: readonly string[];
  readonly outage?: Outage | undefined;
};

/** `due`: open, and the next call may probe. */
export type CircuitState = 'closed' | 'open' | 'due';

export function circuitState(
  breaker: Pick<Breaker, 'outage'> | undefined,
  { owner, now }: { owner: string; now: number },
): CircuitState {
  const outage = breaker?.outage;
  if (!outage || (outage.onlyFor !== undefined && outage.onlyFor !== owner)) return 'closed';
  const isProbed = outage.probe !== undefined && outage.probe.until > now;
  return outage.retryAt > now || isProbed ? 'open' : 'due';
}
