// Claims of the second tier: of identical requests in all instances, the holder of the claim computes and the others wait.
import type { Deadline } from '#shared/core/deadline.ts';

import type { CachedEntry, CacheMiss, ObserveCache, PlacedRequest } from './lookup.ts';
import type { CacheState, CacheStore } from './store.ts';
import type { createTiers } from './tiers.ts';

/** A claim outlives its holder's remaining time by this margin, for its last writes. */
const CLAIM_MARGIN_MS = 5000;

type Ports = {
  readonly store: Pick<CacheStore, 'claim' | 'release'>;
  readonly tiers: Pick<ReturnType<typeof createTiers>, 'attempt' | 'keep'>;
  readonly now: () => number;
  readonly observe: ObserveCache;
};

export const isActive = ({ flight, row }: CacheState, now: number): boolean =>
  flight !== undefined && flight.until > now && flight.holder !== row?.ended;

type Found = { readonly request: PlacedRequest; readonly state: CacheState; readonly stale?: CachedEntry };

export function createClaims({ store, tiers, now, observe }: Ports) {
  function claim({ place, requestId, deadline }: PlacedRequest, ended: string) {
    const until = now() + deadline.remainingMs() + CLAIM_MARGIN_MS;
    return tiers.attempt(place, () =>
      store.claim(place, { holder: requestId, until }, { now: now(), ended }),
    );
  }

  return {
    /**
     * The right to compute. A claim whose holder takes longer than the others wait is taken over by the first of them: if the
     * holder died, one more call is made, and not one for each that waits.
     * @param overdue the holder that was waited for in vain
     * @returns undefined if the store failed
     */
    async acquire(request: PlacedRequest, state: CacheState, overdue?: string): Promise<boolean | undefined> {
      const ended = isActive(state, now()) ? overdue : (state.row?.ended ?? '');
      return ended === undefined ? false : claim(request, ended);
    },

    missOf({ request, state, stale }: Found, isHolder: boolean): CacheMiss {
      const { place, requestId } = request;
      observe('miss', place.scope);
      const release = async () => {
        if (isHolder) await tiers.attempt(place, () => store.release(place, requestId));
      };
      return {
        kind: 'miss',
        stale,
        async store(response) {
          const ended = isHolder ? requestId : state.row?.ended;
          if (!(await tiers.keep(request, state, { response, ended }))) await release();
        },
        abandon: release,
      };
    },
  };
}

/** Half of the remaining time is for waiting, the other half for computing. */
export const longestWaitMs = ({ remainingMs }: Deadline) => remainingMs() / 2;

/** Bound of the wait for a claim. Where another one took the claim over, that one is waited for too, once. */
export function createClaimWait(
  firstBound: number,
  { deadline, now }: { deadline: Deadline; now: () => number },
) {
  let bound = firstBound;
  let awaited: string | undefined;
  return {
    isLate: () => now() >= bound,
    /** The holder that was waited for until the bound, if it has passed. */
    overdue({ flight }: CacheState): string | undefined {
      awaited ??= flight?.holder;
      return now() >= bound ? awaited : undefined;
    },
    isOver: () => deadline.signal.aborted || (now() >= bound && bound > firstBound),
    extend({ flight }: CacheState): void {
      if (now() < bound) return;
      bound = now() + longestWaitMs(deadline);
      awaited = flight?.holder;
    },
  };
}
