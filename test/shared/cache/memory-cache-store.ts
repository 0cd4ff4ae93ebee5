// The second tier without a table. Its invalidations are writes that run when they are committed.
import type { EntryPlace } from '#shared/cache/entry.ts';
import {
  ALL_SCOPES,
  type CacheRow,
  type CacheStore,
  type Flight,
  type Invalidate,
} from '#shared/cache/store.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Commit } from '#shared/core/write.ts';

const keyOf = ({ scope, name }: EntryPlace) => `${scope} ${name}`;

const commit: Commit = async (writes) => {
  for (const { item } of writes) (item as () => void)();
};

export function memoryCacheStore() {
  const rows = new Map<string, CacheRow>();
  const flights = new Map<string, Flight>();
  const generations = new Map<string, Record<string, string>>();
  let count = 0;

  const store: CacheStore = {
    async read(place) {
      return {
        row: rows.get(keyOf(place)),
        fence: rows.get(keyOf(place))?.holder,
        flight: flights.get(keyOf(place)),
        own: { ...generations.get(place.scope) },
        all: { ...generations.get(ALL_SCOPES) },
      };
    },
    async put(place, row, fence) {
      const stored = rows.get(keyOf(place));
      if (stored && stored.holder !== fence) return false;
      rows.set(keyOf(place), row);
      return true;
    },
    async slide(place, { holder, freshUntil }) {
      const row = rows.get(keyOf(place));
      if (row?.holder === holder) rows.set(keyOf(place), { ...row, freshUntil });
    },
    async claim(place, flight, { now, ended }) {
      const held = flights.get(keyOf(place));
      if (held && held.until > now && held.holder !== ended) return false;
      flights.set(keyOf(place), flight);
      return true;
    },
    async release(place, holder) {
      if (flights.get(keyOf(place))?.holder === holder) flights.delete(keyOf(place));
    },
  };

  const invalidate: Invalidate = (scope, tags) => ({
    item: () => {
      count += 1;
      const fresh = Object.fromEntries(tags.map((tag) => [tag, `generation ${count}`]));
      generations.set(scope, { ...generations.get(scope), ...fresh });
    },
    rejected: () => new AppError('conflict'),
  });
  return { store, invalidate, commit, rows };
}
