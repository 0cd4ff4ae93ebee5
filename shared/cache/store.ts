import type { Write } from '#shared/core/write.ts';

import type { EntryPlace } from './entry.ts';

/** Random ids by tag: an entry is valid while the ids of its tags are those from which it was made. Absent: ''. */
export type Generations = Readonly<Record<string, string>>;

export type CacheRow = {
  readonly sealed: Uint8Array;
  /** Generations of the entry's tags before its value was computed. */
  readonly generations: Generations;
  /** Milliseconds. Fresh until then; sliding entries move it. */
  readonly freshUntil: number;
  /** Never fresh from then on, however often it is used. */
  readonly maxUntil: number;
  /** Never served from then on. */
  readonly endsAt: number;
  readonly storedAt: number;
  /** The computation that stored it. */
  readonly holder: string;
  /** Holder of the last claim that is known to have ended: a response may be stored without a claim. */
  readonly ended?: string | undefined;
};

/** A computation in progress. It counts as ended once its row is stored or `until` has passed. */
export type Flight = { readonly holder: string; readonly until: number };

export type CacheState = {
  readonly row: CacheRow | undefined;
  /** Holder of whatever is stored, whether it can be read or not. */
  readonly fence: string | undefined;
  readonly flight: Flight | undefined;
  /** Current generations of the entry's scope. */
  readonly own: Generations;
  /** Current generations that count for every scope. */
  readonly all: Generations;
};

export type ClaimTime = { readonly now: number; readonly ended?: string | undefined };

/** Port to the second tier. */
export type CacheStore = {
  /** One consistent read of everything that decides whether an entry is valid. */
  readonly read: (place: EntryPlace) => Promise<CacheState>;
  /**
   * False if another computation has stored its row since the read with this fence: one that was suspended beyond its claim
   * does not replace a later result.
   */
  readonly put: (place: EntryPlace, row: CacheRow, fence: string | undefined) => Promise<boolean>;
  /** Extends the freshness of the row that this holder stored; a row that was replaced is left alone. */
  readonly slide: (place: EntryPlace, row: Pick<CacheRow, 'holder' | 'freshUntil'>) => Promise<void>;
  /**
   * False if another computation is in progress.
   * @param at.ended the holder of a claim that has served its purpose
   */
  readonly claim: (place: EntryPlace, flight: Flight, at: ClaimTime) => Promise<boolean>;
  /** Ends a computation that stored nothing. */
  readonly release: (place: EntryPlace, holder: string) => Promise<void>;
};

/** Scope of tags that invalidate the entries of all scopes. */
export const ALL_SCOPES = 'GLOBAL';
export const PUBLIC_SCOPE = 'PUBLIC';
/** Tag of every entry of a scope. */
export const EVERYTHING = 'all';

/** Port. Gives tags a new generation: the entries made before become invalid. Part of a commit with the change itself. */
export type Invalidate = (scope: string, tags: readonly string[]) => Write;
