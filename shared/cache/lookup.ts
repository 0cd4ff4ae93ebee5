import type { Deadline } from '#shared/core/deadline.ts';

import type { EntryPlace } from './entry.ts';
import type { CacheSubject } from './name.ts';
import type { CacheMode, CachePolicy } from './policy.ts';

/** JSON that its writer alone interprets. */
export type CachedResponse = Readonly<Record<string, unknown>>;

export type CachedEntry = { readonly response: CachedResponse; readonly ageSeconds: number };

export type CacheMiss = {
  readonly kind: 'miss';
  /** An expired entry that may answer if its upstream fails. */
  readonly stale: CachedEntry | undefined;
  /** Stores the response. Exactly one of `store` and `abandon` is called. Neither throws. */
  readonly store: (response: CachedResponse) => Promise<void>;
  readonly abandon: () => Promise<void>;
};

export type CacheLookup =
  | ({ readonly kind: 'hit'; readonly tier: 'memory' | 'store' } & CachedEntry)
  /** Another computation took too long: an expired entry answers. */
  | ({ readonly kind: 'stale' } & CachedEntry)
  | CacheMiss;

export type CacheRequest = {
  readonly subject: CacheSubject;
  readonly policy: Pick<CachePolicy<never>, 'ttlSeconds' | 'maxSeconds' | 'staleSeconds' | 'tags'>;
  readonly mode: CacheMode | undefined;
  readonly deadline: Deadline;
  readonly requestId: string;
};

/** A request with its place, and with all tags that invalidate its entry. */
export type PlacedRequest = CacheRequest & { readonly place: EntryPlace; readonly tags: readonly string[] };

/** `joined`: another computation's result. `lost`: the store failed, so the call went on without it. `tampered`: a row did not open. */
export type CacheEvent = 'memory' | 'store' | 'joined' | 'miss' | 'stale' | 'too_large' | 'tampered' | 'lost';

export type ObserveCache = (event: CacheEvent, scope: string) => void;
