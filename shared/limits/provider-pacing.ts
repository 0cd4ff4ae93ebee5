// Pacing ahead of a provider's own rate limit. The remaining quota that its responses state is kept in this instance and, when it
// runs low, published to the others, which read it with the owner's rate row that every call writes anyway.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';

import type { Beside } from './gcra.ts';

/** `left`: share of the provider's bucket, 0 to 1; at 0 no call is sent. `until`: ms since the epoch, the end of its validity. */
export type Pace = { readonly left: number; readonly until: number };

/** Port. */
export type PaceStore = {
  /** Writes it beside the owner's rate, unless a tighter, still valid one is there. */
  readonly publish: (row: string, provider: string, pace: Pace) => Promise<void>;
  /** The pace that other instances published. */
  readonly read: (beside: Beside, provider: string) => Pace | undefined;
};

/** Longest delay of one call; longer waits are left to the caller. */
const MAX_WAIT_MS = 2000;
const JITTER_MS = 250;
const MAX_SEEN = 1000;

export type ProviderPacing = {
  /** Remembers the rate row of an owner, which carries published paces. */
  readonly attach: (owner: string, from: { row: string; beside: Beside }) => void;
  /**
   * Before this provider is called: waits a little when its quota runs low.
   * @throws {AppError} `rate_limited` when it has run out for longer than a caller can be kept waiting
   */
  readonly admit: (owner: string, provider: string, deadline: Deadline) => Promise<void>;
  /** Takes the pace that a provider's response states; undefined where enough quota is left. */
  readonly observe: (owner: string, provider: string, pace: Pace | undefined) => Promise<void>;
  /** True if the provider would currently reject or delay calls of this owner. */
  readonly isLow: (owner: string, provider: string) => boolean;
};

const tighter = (a: Pace | undefined, b: Pace | undefined, now: number): Pace | undefined => {
  const [first, second] = [a, b].filter((pace) => pace !== undefined && pace.until > now);
  if (!first || !second) return first ?? second;
  if (first.left !== second.left) return first.left < second.left ? first : second;
  return first.until > second.until ? first : second;
};

function exhausted(provider: string, waitMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AppError('rate_limited', `Your quota at ${provider} is exhausted for now.`, {
    scope: 'provider',
    provider,
    reason: 'provider_quota',
    retry_after_seconds: seconds,
    next_step: `Wait ${seconds} s, then try again, or use another provider.`,
  });
}

function keep<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.size >= MAX_SEEN) map.clear();
  map.set(name, value);
}

const paceName = (owner: string, provider: string) => `${owner}#${provider}`;

export function createProviderPacing(ports: {
  store: PaceStore;
  now: () => number;
  random: () => number;
  pause: (ms: number) => Promise<unknown>;
}): ProviderPacing {
  const { store, now, random, pause } = ports;
  const rows = new Map<string, { row: string; beside: Beside }>();
  const own = new Map<string, Pace>();
  const published = new Map<string, Pace>();
  const currentPace = (owner: string, provider: string): Pace | undefined => {
    const others = rows.get(owner);
    return tighter(own.get(paceName(owner, provider)), others && store.read(others.beside, provider), now());
  };

  /** Publishes only the first pace, or one that is much tighter: each publication is a write. */
  const isNews = (before: Pace | undefined, pace: Pace) =>
    !before || before.until <= now() || pace.left === 0 || before.left - pace.left > 0.02;

  return {
    attach: (owner, from) => keep(rows, owner, from),

    async admit(owner, provider, { remainingMs }) {
      const pace = currentPace(owner, provider);
      if (!pace) return;
      const wait = pace.until - now();
      const bound = Math.min(MAX_WAIT_MS, remainingMs() / 4);
      if (pace.left === 0 && wait > bound) throw exhausted(provider, wait);
      // Exhausted: wait until the refill, with jitter. Low: wait for a part of it.
      const ms = pace.left === 0 ? wait + random() * JITTER_MS : Math.min(bound, wait * (0.5 + random() / 2));
      await pause(ms);
    },

    async observe(owner, provider, pace) {
      const name = paceName(owner, provider);
      if (!pace) {
        own.delete(name);
        return;
      }
      keep(own, name, pace);
      const row = rows.get(owner)?.row;
      if (row === undefined || !isNews(published.get(name), pace)) return;
      try {
        await store.publish(row, provider, pace);
        keep(published, name, pace);
      } catch {
        // The response is already complete and cached here: the next response publishes again.
      }
    },

    isLow: (owner, provider) => currentPace(owner, provider) !== undefined,
  };
}
