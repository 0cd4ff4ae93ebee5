// Cached responses with a single flight: of identical requests, in one instance or in many, one is computed and the others wait
// for its result.
import type { Deadline } from '#shared/core/deadline.ts';

import { createLocalFlights } from './local-flights.ts';
import type { CachedEntry, CacheLookup, CacheMiss, CacheRequest, PlacedRequest } from './lookup.ts';
import { cacheName } from './name.ts';
import { type CacheState, EVERYTHING } from './store.ts';
import { createTiers, type TierPorts } from './tiers.ts';

export type ResponseCache = { readonly lookUp: (request: CacheRequest) => Promise<CacheLookup> };

export type ResponseCachePorts = TierPorts & {
  /** Keys the names. */
  readonly names: Uint8Array;
  readonly random: () => number;
  /** Resolves early when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** A claim outlives its holder's remaining time by this margin, for its last writes. */
const CLAIM_MARGIN_MS = 5000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** A miss that stores nothing: the store failed. */
const WITHOUT_CACHE: CacheMiss = {
  kind: 'miss',
  stale: undefined,
  store: async () => undefined,
  abandon: async () => undefined,
};

const isActive = ({ flight, row }: CacheState, now: number): boolean =>
  flight !== undefined && flight.until > now && flight.holder !== row?.holder;

/** Half of the remaining time is for waiting, the other half for computing alone. */
const longestWaitMs = ({ remainingMs }: Deadline) => remainingMs() / 2;

const endingWith = (miss: CacheMiss, end: () => void): CacheMiss => ({
  ...miss,
  store: (response) => miss.store(response).finally(end),
  abandon: () => miss.abandon().finally(end),
});

function createStoreLookup(ports: ResponseCachePorts, tiers: ReturnType<typeof createTiers>) {
  const { store, now, random, wait, observe } = ports;

  function missOf(request: PlacedRequest, state: CacheState, is: { stale?: CachedEntry; holder: boolean }) {
    const { place, requestId } = request;
    observe('miss', place.scope);
    const release = async () => {
      if (is.holder) await tiers.attempt(place, () => store.release(place, requestId));
    };
    const miss: CacheMiss = {
      kind: 'miss',
      stale: is.stale,
      async store(response) {
        if (!(await tiers.keep(request, state, response))) await release();
      },
      abandon: release,
    };
    return miss;
  }

  function claim({ place, requestId, deadline }: PlacedRequest, { row }: CacheState) {
    const until = now() + deadline.remainingMs() + CLAIM_MARGIN_MS;
    const at = { now: now(), ended: row?.holder };
    return tiers.attempt(place, () => store.claim(place, { holder: requestId, until }, at));
  }

  function pause(tried: number, { deadline }: PlacedRequest): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried);
    return wait(Math.ceil(longest * (0.25 + 0.75 * random())), deadline.signal);
  }

  /** A response that is computed without a look at earlier ones, and without others waiting for it. */
  async function refresh(request: PlacedRequest): Promise<CacheLookup> {
    const state = await tiers.attempt(request.place, () => store.read(request.place));
    return state ? missOf(request, state, { holder: false }) : WITHOUT_CACHE;
  }

  async function lookUp(request: PlacedRequest, waitUntil: number): Promise<CacheLookup> {
    const { place } = request;
    for (let tried = 0; ; tried += 1) {
      const state = await tiers.attempt(place, () => store.read(place));
      if (!state) return WITHOUT_CACHE;
      const { fresh, stale } = await tiers.evaluate(request, state);
      if (fresh) {
        observe(tried > 0 ? 'joined' : 'store', place.scope);
        return { kind: 'hit', tier: 'store', ...fresh };
      }
      const found = stale && { stale };
      if (!isActive(state, now()) && (await claim(request, state)))
        return missOf(request, state, { ...found, holder: true });
      if (now() >= waitUntil) {
        if (!stale) return missOf(request, state, { holder: false });
        observe('stale', place.scope);
        return { kind: 'stale', ...stale };
      }
      await pause(tried, request);
    }
  }

  return { refresh, lookUp };
}

export function createResponseCache(ports: ResponseCachePorts): ResponseCache {
  const { now, names, wait } = ports;
  const tiers = createTiers(ports);
  const inStore = createStoreLookup(ports, tiers);
  const flights = createLocalFlights({ wait, now });

  return {
    async lookUp(request) {
      const { subject, policy, mode, deadline } = request;
      const place = { scope: subject.scope, name: cacheName(names, subject) };
      const placed = { ...request, place, tags: [EVERYTHING, `tool:${subject.tool}`, ...policy.tags] };
      if (mode === 'refresh') return inStore.refresh(placed);
      const maxMs = longestWaitMs(deadline);
      const waitUntil = now() + maxMs;
      const isSettled = await flights.settled(place.name, { maxMs, isReady: () => tiers.isInMemory(place) });
      const remembered = tiers.fromMemory(place);
      if (remembered) return remembered;
      if (!isSettled) return inStore.lookUp(placed, now());
      const end = flights.start(place.name);
      try {
        const found = await inStore.lookUp(placed, waitUntil);
        if (found.kind === 'miss') return endingWith(found, end);
        end();
        return found;
      } catch (error) {
        end();
        throw error;
      }
    },
  };
}
