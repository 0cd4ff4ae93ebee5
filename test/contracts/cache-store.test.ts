import { expect, it } from 'vitest';

import { invalidateIn } from '#shared/aws/cache-generations.ts';
import { cacheTable } from '#shared/aws/cache-table.ts';
import { ALL_SCOPES, type CacheRow, type CacheStore, type Invalidate } from '#shared/cache/store.ts';
import { memoryCacheStore } from '#test/shared/cache/memory-cache-store.ts';

import { contractOf, newUid } from './drivers.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3600_000;

const row: CacheRow = {
  sealed: Uint8Array.of(1, 2, 3),
  generations: { 'own:all': '' },
  freshUntil: NOW + HOUR_MS,
  maxUntil: NOW + 2 * HOUR_MS,
  endsAt: NOW + 3 * HOUR_MS,
  storedAt: NOW,
  holder: 'first',
};

contractOf(
  'the cache store',
  {
    memory: () => {
      const { store, invalidate, commit } = memoryCacheStore();
      return { store: { ...store, invalidate }, commit };
    },
    table: ({ db, TableName }, clock): CacheStore & { invalidate: Invalidate } => ({
      ...cacheTable(db, { TableName }),
      invalidate: invalidateIn({ TableName, now: () => clock.ms }),
    }),
  },
  (driver) => {
    function given() {
      const { store, commit } = driver();
      const place = { scope: newUid(), name: 'name' };
      return { store, commit, place, read: () => store.read(place) };
    }

    it('reads nothing of an entry that was never stored', async () => {
      const { read } = given();
      expect(await read()).toMatchObject({ row: undefined, flight: undefined, own: {} });
    });

    it('reads back an entry as it was stored', async () => {
      const { store, place, read } = given();
      await store.put(place, row, undefined);
      expect((await read()).row).toEqual(row);
    });

    it('does not replace an entry that another computation stored since it was read', async () => {
      const { store, place, read } = given();
      expect(await store.put(place, row, (await read()).fence)).toBe(true);
      const { fence } = await read();
      expect(await store.put(place, { ...row, holder: 'second' }, fence)).toBe(true);
      expect(await store.put(place, { ...row, holder: 'suspended' }, fence)).toBe(false);
      expect(await store.put(place, { ...row, holder: 'suspended' }, undefined)).toBe(false);
      expect((await read()).row?.holder).toBe('second');
    });

    it('separates the entries of two scopes and of two names', async () => {
      const { store, place } = given();
      await store.put(place, row, undefined);
      expect((await store.read({ ...place, scope: newUid() })).row).toBeUndefined();
      expect((await store.read({ ...place, name: 'other' })).row).toBeUndefined();
    });

    it('gives a tag a new generation with each invalidation, and leaves other tags and scopes alone', async () => {
      const { store, commit, place, read } = given();
      await commit([store.invalidate(place.scope, ['keys', 'all'])]);
      const first = (await read()).own;
      await commit([store.invalidate(place.scope, ['keys'])]);
      const second = (await read()).own;
      expect(Object.keys(first).toSorted()).toEqual(['all', 'keys']);
      expect(second['all']).toBe(first['all']);
      expect(second['keys']).not.toBe(first['keys']);
      expect((await store.read({ scope: newUid(), name: 'name' })).own).toEqual({});
    });

    it('shows the generations of all scopes to every scope', async () => {
      const { store, commit, read } = given();
      const tag = `tool:${newUid()}`;
      await commit([store.invalidate(ALL_SCOPES, [tag])]);
      expect((await read()).all[tag]).toEqual(expect.any(String));
    });

    it('lets exactly one of many concurrent computations claim an entry', async () => {
      const { store, place } = given();
      const claims = Array.from({ length: 10 }, (_, index) =>
        store.claim(place, { holder: String(index), until: NOW + 1000 }, { now: NOW }),
      );
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    });

    it('lets a claim be taken over at its end, and not before', async () => {
      const { store, place } = given();
      await store.claim(place, { holder: 'first', until: NOW + 1000 }, { now: NOW });
      expect(await store.claim(place, { holder: 'second', until: NOW + 2000 }, { now: NOW + 999 })).toBe(
        false,
      );
      expect(await store.claim(place, { holder: 'second', until: NOW + 2000 }, { now: NOW + 1000 })).toBe(
        true,
      );
    });

    it('lets a claim be taken over whose computation has ended', async () => {
      const { store, place } = given();
      await store.claim(place, { holder: 'first', until: NOW + 1000 }, { now: NOW });
      const next = { holder: 'second', until: NOW + 2000 };
      expect(await store.claim(place, next, { now: NOW, ended: 'other' })).toBe(false);
      expect(await store.claim(place, next, { now: NOW, ended: 'first' })).toBe(true);
    });

    it('releases a claim for its holder alone', async () => {
      const { store, place, read } = given();
      await store.claim(place, { holder: 'first', until: NOW + 1000 }, { now: NOW });
      await store.release(place, 'second');
      expect((await read()).flight).toEqual({ holder: 'first', until: NOW + 1000 });
      await store.release(place, 'first');
      expect((await read()).flight).toBeUndefined();
    });

    it('extends the freshness of the entry of this holder, and not of one that replaced it', async () => {
      const { store, place, read } = given();
      await store.put(place, row, undefined);
      await store.slide(place, { holder: 'first', freshUntil: row.freshUntil + 1 });
      expect((await read()).row?.freshUntil).toBe(row.freshUntil + 1);
      await store.put(place, { ...row, holder: 'second' }, 'first');
      await store.slide(place, { holder: 'first', freshUntil: row.freshUntil + 2 });
      expect((await read()).row?.freshUntil).toBe(row.freshUntil);
    });
  },
);
