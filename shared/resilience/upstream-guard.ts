// Every call to a provider or a registered upstream: through its circuit breaker, with retries. While all is well a call costs no store
// call: the breakers of a group are read once in `CLOSED_LAG_MS` by each instance.
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';
import { singleFlight } from '#shared/core/single-flight.ts';

import { PROVIDERS } from './availability.ts';
import { type Breaker, circuitState } from './circuit-state.ts';
import type { OutageHandler } from './outage-handler.ts';
import { createRetryBudget, type RetryBudget } from './retry-budget.ts';
import type {
  BreakerStore,
  GuardedCall,
  KnownBreakers,
  Send,
  UpstreamGuard,
  UpstreamTarget,
} from './upstream.ts';

/** Longest time until an instance learns that another one opened a breaker. Its own failure tells it at once. */
export const CLOSED_LAG_MS = 5000;
/** Longest time until an instance learns that an outage is over. */
export const OPEN_LAG_MS = 1000;

type Ports = {
  readonly store: Pick<BreakerStore, 'list'>;
  /** Created by the first failure. */
  readonly outages: (own: { known: KnownBreakers; budget: RetryBudget }) => OutageHandler;
  /** Milliseconds by the store's clock. */
  readonly now: () => number;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
};

const MAX_GROUPS = 500;
/** Successes of an instance count against failures for so long: those of before an outage must not hide it. */
const RECENT_MS = 5000;

type Group = { readAt: number; readonly breakers: Map<string, Breaker> };

const idOf = ({ group, name }: UpstreamTarget) => `${group} ${name}`;

function createKnownBreakers({ store, now }: Ports) {
  const groups = new Map<string, Group>();
  const successes = new Map<string, { since: number; count: number }>();
  const flights = singleFlight<Group>();

  /** While the store fails, what this instance knows and observes by itself is in force. */
  async function read(name: string): Promise<Group> {
    const known = groups.get(name);
    const breakers = await store.list(name).catch(() => [...(known?.breakers.values() ?? [])]);
    const group = { readAt: now(), breakers: new Map(breakers.map((one) => [one.name, one])) };
    if (groups.size >= MAX_GROUPS) groups.clear();
    groups.set(name, group);
    return group;
  }

  function isFresh({ readAt, breakers }: Group): boolean {
    const age = now() - readAt;
    const lag = [...breakers.values()].some(({ outage }) => outage) ? OPEN_LAG_MS : CLOSED_LAG_MS;
    return age >= 0 && age < lag;
  }

  async function groupOf(name: string): Promise<Group> {
    const known = groups.get(name);
    return known && isFresh(known) ? known : flights(name, () => read(name));
  }

  const known: KnownBreakers = {
    get: ({ group, name }) => groups.get(group)?.breakers.get(name),
    set({ group, name }, breaker) {
      const held = groups.get(group) ?? { readAt: now(), breakers: new Map<string, Breaker>() };
      groups.set(group, held);
      if (breaker) held.breakers.set(name, breaker);
      else held.breakers.delete(name);
    },
    takeSuccesses(target) {
      const seen = successes.get(idOf(target));
      successes.delete(idOf(target));
      return seen && now() - seen.since < 2 * RECENT_MS ? seen.count : 0;
    },
    succeeded(target) {
      const id = idOf(target);
      const seen = successes.get(id);
      if (successes.size >= MAX_GROUPS) successes.clear();
      const isRecent = seen !== undefined && now() - seen.since < RECENT_MS;
      successes.set(id, isRecent ? { ...seen, count: seen.count + 1 } : { since: now(), count: 1 });
    },
  };
  return { known, groupOf };
}

function unavailable(
  { provider, title }: UpstreamTarget,
  breaker: Breaker | undefined,
  now: number,
): AppError {
  const { outage } = breaker ?? {};
  const seconds = Math.max(1, Math.ceil(((outage?.retryAt ?? now) - now) / 1000));
  return new AppError('upstream_unavailable', `${title} is currently unavailable.`, {
    provider,
    reason: 'circuit_open',
    retry_after_seconds: seconds,
    ...(outage && { unavailable_since: new Date(outage.since).toISOString() }),
  });
}

export function createUpstreamGuard(ports: Ports): UpstreamGuard {
  const { now, wait } = ports;
  const { known, groupOf } = createKnownBreakers(ports);
  const budget = createRetryBudget();
  const outages = lazy(() => ports.outages({ known, budget }));

  const sendClosed =
    (target: UpstreamTarget, call: GuardedCall): Send =>
    async (request, { isRepeatable = true } = {}) => {
      budget.earn(target.name);
      for (let retries = 0; ; retries += 1) {
        const startedAt = now();
        try {
          const answer = await request();
          known.succeeded(target);
          return answer;
        } catch (error) {
          const elapsedMs = now() - startedAt;
          const pause = await outages().pauseAfter({ target, call, error, elapsedMs, retries, isRepeatable });
          if (pause === undefined) throw error;
          await wait(pause, call.deadline.signal);
        }
      }
    };

  return {
    async prefetch() {
      await groupOf(PROVIDERS);
    },
    breakers: async (group) => [...(await groupOf(group)).breakers.values()],
    async run(target, call, work) {
      const breaker = (await groupOf(target.group)).breakers.get(target.name);
      const { owner } = call;
      const state = circuitState(breaker, { owner, now: now() });
      if (state === 'open') throw unavailable(target, breaker, now());
      const closed = sendClosed(target, call);
      if (state === 'closed') return work(closed);
      const probed = await outages().probe({ target, call }, closed, work);
      if (probed) return probed.value;
      // Another call probes, or has done so with success.
      const current = known.get(target);
      if (circuitState(current, { owner, now: now() }) === 'closed') return work(closed);
      throw unavailable(target, current, now());
    },
  };
}
