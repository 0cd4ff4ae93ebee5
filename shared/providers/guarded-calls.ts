// Calls to a provider through its circuit breaker: checked before anything is recorded or reserved for the call.
import { keyIdOf } from '#shared/core/ids.ts';
import type { FailedCall, UpstreamGuard, UpstreamTarget } from '#shared/resilience/upstream.ts';

import type { CompletionCall } from './completion-call.ts';
import type { Attempt, createFailover, Served } from './failover.ts';
import type { Choice } from './key-selection.ts';

/** Serves one call with the first of the chosen keys that the provider accepts. */
export type Serve = <T>(attempt: Attempt<T>) => Promise<Served<T>>;

/** A server that its owner chose fails for them alone; a provider of the stage is shared. */
function targetOf({ facts, keys: [first] }: Choice, owner: string): UpstreamTarget {
  const about = { provider: facts.id, title: facts.title };
  if (facts.address === undefined) return { group: 'providers', name: facts.id, ...about };
  return { group: owner, name: keyIdOf(first.provider, first.kid), ...about };
}

const retryReport =
  ({ onFailedAttempt }: CompletionCall) =>
  ({ provider, error: { code } }: FailedCall) =>
    onFailedAttempt?.({ provider, code });

export const createGuardedCalls =
  ({ guard, failover }: { guard: UpstreamGuard; failover: ReturnType<typeof createFailover> }) =>
  <T>(chosen: Choice, call: CompletionCall, work: (serve: Serve) => Promise<T>): Promise<T> =>
    guard.run(targetOf(chosen, call.owner), { ...call, onRetry: retryReport(call) }, (send) =>
      work((attempt) => failover(chosen.keys, (key) => send(() => attempt(key)), call)),
    );
export type GuardedCalls = ReturnType<typeof createGuardedCalls>;
