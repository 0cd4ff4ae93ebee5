// Cached responses with a single flight: of identical requests, in one instance or in many, one is computed and the others wait
// for its result.
import { createClaims, createClaimWait, isActive, longestWaitMs } from './claims.ts';
import { createLocalFlights } from './local-flights.ts';
import type { CacheLookup, CacheMiss, CacheRequest, PlacedRequest } from './lookup.ts';
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

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** A miss that stores nothing: the store failed. */
const WITHOUT_CACHE: CacheMiss = {
  kind: 'miss',
  stale: undefined,
  store: async () => undefined,
  abandon: async () => undefined,
};

/** A flight lasts until the response of its miss is stored or abandoned. */
async function endingAfter(end: () => void, lookUp: () => Promise<CacheLookup>): Promise<CacheLookup> {
  try {
    const found = await lookUp();
    if (found.kind !== 'miss') end();
    else {
      return {
        ...found,
        store: (response) => found.store(response).finally(end),
        abandon: () => found.abandon().finally(end),
      };
    }
    return found;
  } catch (error) {
    end();
    throw error;
  }
}

function createStoreLookup(ports: ResponseCachePorts, tiers: ReturnType<typeof createTiers>) {
  const { store, now, random, wait, observe } = ports;
  const claims = createClaims({ store, tiers, now, observe });

  function pause(tried: number, { deadline }: PlacedRequest): Promise<void> {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried);
    return wait(Math.ceil(longest * (0.25 + 0.75 * random())), deadline.signal);
  }

  /** A response that is computed without a look at earlier ones, and without others waiting for it. */
  async function refresh(request: PlacedRequest): Promise<CacheLookup> {
    const state = await tiers.attempt(request.place, () => store.read(request.place));
    return state ? claims.missOf({ request, state }, false) : WITHOUT_CACHE;
  }

  /** The answer in a state of the store: a fresh entry, or an expired one where the wait for its successor is over. */
  async function answerIn(state: CacheState, request: PlacedRequest, at: { tried: number; isLate: boolean }) {
    const { fresh, stale } = await tiers.evaluate(request, state);
    if (fresh) {
      observe(at.tried > 0 ? 'joined' : 'store', request.place.scope);
      return { answer: { kind: 'hit', tier: 'store', ...fresh } as const };
    }
    if (!stale) return {};
    if (!at.isLate || !isActive(state, now())) return { stale };
    observe('stale', request.place.scope);
    return { answer: { kind: 'stale', ...stale } as const };
  }

  async function lookUp(request: PlacedRequest, waitUntil: number): Promise<CacheLookup> {
    const waiting = createClaimWait(waitUntil, { deadline: request.deadline, now });
    for (let tried = 0; ; tried += 1) {
      const state = await tiers.attempt(request.place, () => store.read(request.place));
      if (!state) return WITHOUT_CACHE;
      const { answer, ...found } = await answerIn(state, request, { tried, isLate: waiting.isLate() });
      if (answer) return answer;
      const isHolder = await claims.acquire(request, state, waiting.overdue(state));
      if (isHolder !== false || waiting.isOver())
        return claims.missOf({ request, state, ...found }, isHolder === true);
      waiting.extend(state);
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
      const waitUntil = now() + longestWaitMs(deadline);
      const isReady = () => tiers.isInMemory(place);
      const flight = await flights.enter(place.name, { deadline, isReady });
      const remembered = tiers.fromMemory(place);
      const { isLate = false, end = () => undefined } = flight ?? {};
      return endingAfter(end, async () => remembered ?? inStore.lookUp(placed, isLate ? now() : waitUntil));
    },
  };
}
