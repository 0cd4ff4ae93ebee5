// Reads and writes of the two tiers: the memory of this instance, and the store that all instances share.
import type { EntryCodec, EntryPlace } from './entry.ts';
import type { CachedEntry, CachedResponse, CacheLookup, ObserveCache, PlacedRequest } from './lookup.ts';
import type { MemoryTier } from './memory-tier.ts';
import type { CacheRow, CacheState, CacheStore } from './store.ts';
import { freshnessOf, generationsOf, sealedWith } from './validity.ts';

/** An entry of the first tier. */
export type RememberedEntry = {
  readonly json: string;
  readonly storedAt: number;
  readonly freshUntil: number;
};

export type TierPorts = {
  readonly store: CacheStore;
  readonly codec: EntryCodec;
  readonly memory: MemoryTier<RememberedEntry>;
  /** The store's clock: writers and readers are different machines. */
  readonly now: () => number;
  readonly observe: ObserveCache;
  /** A row that does not open: changed or moved by other means than this gateway. Resolves when it is recorded. */
  readonly reportTampering: (found: TamperedEntry) => Promise<void>;
};

export type TamperedEntry = { readonly scope: string; readonly tool: string; readonly requestId: string };

/** Generations are kept for longer. */
const MAX_LIFETIME_SECONDS = 7 * 86_400;

/** A failure of the store never fails a call: it is observed, and the call goes on without the cache. */
const attempts =
  (observe: ObserveCache) =>
  async <T>({ scope }: EntryPlace, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch {
      observe('lost', scope);
      return undefined;
    }
  };

function createFirstTier({ memory, now, observe }: TierPorts) {
  const fresh = ({ name }: EntryPlace): RememberedEntry | undefined => {
    const known = memory.get(name);
    return known && known.freshUntil > now() ? known : undefined;
  };
  return {
    isInMemory: (place: EntryPlace): boolean => fresh(place) !== undefined,

    fromMemory(place: EntryPlace): CacheLookup | undefined {
      const known = fresh(place);
      if (!known) return undefined;
      observe('memory', place.scope);
      return { kind: 'hit', tier: 'memory', ...entryOf(known.json, now() - known.storedAt) };
    },

    remember({ name }: EntryPlace, json: string, row: Omit<CacheRow, 'sealed'>): void {
      const freshUntil = Math.min(row.freshUntil, row.maxUntil);
      memory.set(name, { json, storedAt: row.storedAt, freshUntil }, Buffer.byteLength(json));
    },
  };
}

const entryOf = (json: string, ageMs: number): CachedEntry => ({
  response: JSON.parse(json) as CachedResponse,
  ageSeconds: Math.max(0, Math.floor(ageMs / 1000)),
});

function newRow({ policy, requestId, tags }: PlacedRequest, state: CacheState, storedAt: number) {
  const { ttlSeconds, maxSeconds = ttlSeconds, staleSeconds } = policy;
  const after = (seconds: number) => storedAt + Math.min(seconds, MAX_LIFETIME_SECONDS) * 1000;
  return {
    storedAt,
    freshUntil: after(ttlSeconds),
    maxUntil: after(maxSeconds),
    endsAt: after(maxSeconds + staleSeconds),
    generations: generationsOf(tags, state),
    holder: requestId,
  };
}

export function createTiers(ports: TierPorts) {
  const { store, codec, now, observe } = ports;
  const attempt = attempts(observe);
  const first = createFirstTier(ports);

  async function open({ place, subject, requestId }: PlacedRequest, row: CacheRow) {
    try {
      return codec.decode(place, row.sealed, sealedWith(row));
    } catch {
      observe('tampered', place.scope);
      const { scope, tool } = subject;
      await attempt(place, () => ports.reportTampering({ scope, tool, requestId }));
      return undefined;
    }
  }

  /** Extends the freshness of a sliding entry, once per half of its lifetime at most. */
  async function slide({ place, policy }: PlacedRequest, row: CacheRow): Promise<void> {
    if (policy.maxSeconds === undefined) return;
    const freshUntil = Math.min(now() + policy.ttlSeconds * 1000, row.maxUntil);
    if (freshUntil - row.freshUntil < policy.ttlSeconds * 500) return;
    await attempt(place, () => store.slide(place, { holder: row.holder, freshUntil }));
  }

  return {
    attempt,
    ...first,

    /** The entry in a state of the store, if it may answer now or for a failing upstream. */
    async evaluate(
      request: PlacedRequest,
      state: CacheState,
    ): Promise<{ readonly fresh?: CachedEntry; readonly stale?: CachedEntry }> {
      const { row } = state;
      const freshness = row && freshnessOf(row, generationsOf(request.tags, state), now());
      if (!row || freshness === 'invalid') return {};
      const json = await open(request, row);
      if (json === undefined) return {};
      if (freshness === 'stale') return { stale: entryOf(json, now() - row.storedAt) };
      first.remember(request.place, json, row);
      await slide(request, row);
      return { fresh: entryOf(json, now() - row.storedAt) };
    },

    /**
     * Stores a response in both tiers, with the generations from before it was computed.
     * @returns false if it was too large, another one was stored meanwhile, or the store failed
     */
    async keep(
      request: PlacedRequest,
      state: CacheState,
      { response, ended }: { response: CachedResponse; ended: string | undefined },
    ): Promise<boolean> {
      const { place } = request;
      const row = { ...newRow(request, state, now()), ...(ended !== undefined && { ended }) };
      const json = JSON.stringify(response);
      const sealed = codec.encode(place, json, sealedWith(row));
      if (!sealed) {
        observe('too_large', place.scope);
        return false;
      }
      const put = () => store.put(place, { ...row, sealed }, state.fence);
      const isStored = (await attempt(place, put)) === true;
      if (isStored) first.remember(place, json, row);
      return isStored;
    },
  };
}
