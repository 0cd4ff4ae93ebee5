// An upstream whose calls are guarded, and the ports of the guard.
import type { Deadline } from '#shared/core/deadline.ts';
import type { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';

import type { Breaker } from './circuit-state.ts';

/** Breakers are read by group: `providers` for those that the whole stage calls, `shared`, or an owner's id. */
export type UpstreamTarget = {
  readonly group: string;
  readonly name: string;
  /** As named to the caller. */
  readonly provider: string;
  readonly title: string;
};

/** Port. */
export type BreakerStore = {
  readonly list: (group: string) => Promise<readonly Breaker[]>;
  /**
   * Replaces the breaker that was read, together with other writes.
   * @returns the present one if it was changed meanwhile
   */
  readonly replace: (
    group: string,
    change: { before: Breaker; after: Breaker; also: readonly Write[] },
  ) => Promise<{ readonly saved: true } | { readonly saved: false; readonly current: Breaker | undefined }>;
};

export type FailedCall = { readonly provider: string; readonly error: AppError };

export type GuardedCall = {
  readonly owner: string;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Called with each failure that is retried. */
  readonly onRetry?: ((failed: FailedCall) => void) | undefined;
};

/** Sends one request. It is repeated after a failure that passes, unless that could repeat an effect. */
export type Send = <T>(
  request: () => Promise<T>,
  options?: { readonly isRepeatable?: boolean },
) => Promise<T>;

export type UpstreamGuard = {
  /** Reads the breakers of the stage's providers ahead of a call. Never rejects. */
  readonly prefetch: () => Promise<void>;
  /** @throws {AppError} `upstream_unavailable`, before `work` is called, while the breaker is open for this owner */
  readonly run: <T>(
    target: UpstreamTarget,
    call: GuardedCall,
    work: (send: Send) => Promise<T>,
  ) => Promise<T>;
  /** Breakers of a group that have failures in the last day. */
  readonly breakers: (group: string) => Promise<readonly Breaker[]>;
};

/** Breakers as this instance knows them. */
export type KnownBreakers = {
  readonly get: (target: UpstreamTarget) => Breaker | undefined;
  readonly set: (target: UpstreamTarget, breaker: Breaker | undefined) => void;
  readonly succeeded: (target: UpstreamTarget) => void;
  /** Recent successes since the last report, which this ends. */
  readonly takeSuccesses: (target: UpstreamTarget) => number;
};
