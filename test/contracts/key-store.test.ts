import { expect, it } from 'vitest';

import { keyTable } from '#shared/aws/key-table.ts';
import type { Kid, ProviderId } from '#shared/core/ids.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';
import { createMemoryKeys } from '#test/shared/vault/memory-keys.ts';

import { contractOf, newUid } from './drivers.ts';

const bytes = Uint8Array.of(1, 2, 3);
const kid = (letter: string) => letter.repeat(22) as Kid;
const openai = 'openai' as ProviderId;

const keyOf = (ownerId: StoredKey['ownerId'], changes: Partial<StoredKey> = {}): StoredKey => ({
  ownerId,
  provider: openai,
  kid: kid('a'),
  fmt: 1,
  version: 1,
  blob: bytes,
  wk: bytes,
  wkArn: 'arn',
  wkFp: bytes,
  fp: bytes,
  last4: 'abcd',
  status: 'active',
  kind: 'api_key',
  order: 0,
  createdAt: '2026-11-22T12:00:00.000Z',
  revision: 1,
  ...changes,
});

const code = (name: string) => expect.objectContaining({ code: name });

contractOf(
  'the key store',
  {
    memory: () => {
      const { keys, commit } = createMemoryKeys();
      return { store: keys, commit };
    },
    table: ({ db, TableName }) => keyTable(db, TableName),
  },
  (driver) => {
    async function stored(changes: Partial<StoredKey> = {}) {
      const { store, commit } = driver();
      const key = keyOf(newUid(), changes);
      await commit([store.insert(key)]);
      return { store, commit, key, find: () => store.find(key) };
    }

    it('reads back a key as it was stored, alone and in the list', async () => {
      const { store, key, find } = await stored({
        label: 'work',
        expiresAt: '2027-01-01T00:00:00.000Z',
        validation: { outcome: 'valid', checkedAt: '2026-11-22T12:00:00.000Z', models: ['m'] },
      });
      expect(await find()).toEqual(key);
      expect(await store.list(key.ownerId)).toEqual([key]);
    });

    it('stores no second key under an id that is taken', async () => {
      const { store, commit, key, find } = await stored();
      await expect(commit([store.insert({ ...key, last4: 'efgh' })])).rejects.toEqual(code('conflict'));
      expect(await find()).toEqual(key);
    });

    it.each([0, 1, 3, 4])(
      'replaces no key that stands at revision 1 by one of revision %s',
      async (revision) => {
        const { store, commit, key, find } = await stored();
        await expect(commit([store.replace({ ...key, label: 'x', revision })])).rejects.toEqual(
          code('conflict'),
        );
        expect(await find()).toEqual(key);
      },
    );

    it('replaces a key by its next revision, once', async () => {
      const { store, commit, key, find } = await stored();
      const next = { ...key, label: 'x', revision: 2 };
      await commit([store.replace(next)]);
      await expect(commit([store.replace({ ...next, label: 'y' })])).rejects.toEqual(code('conflict'));
      expect(await find()).toEqual(next);
    });

    it('lets exactly one of two changes made at the same time through', async () => {
      const { store, commit, key } = await stored();
      const tries = ['x', 'y', 'z'].map((label) => commit([store.replace({ ...key, label, revision: 2 })]));
      const made = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
      expect(made).toHaveLength(1);
    });

    it('does not bring back a deleted key by a change to it', async () => {
      const { store, commit, key, find } = await stored();
      await commit([store.remove(key)]);
      expect(await find()).toBeUndefined();
      await expect(commit([store.replace({ ...key, revision: 2 })])).rejects.toEqual(code('not_found'));
      await expect(commit([store.remove(key)])).rejects.toEqual(code('not_found'));
      expect(await store.list(key.ownerId)).toEqual([]);
    });

    it('finds, changes and removes no key of another owner, provider or id', async () => {
      const { store, commit, key, find } = await stored();
      const others = [
        { ...key, ownerId: newUid() },
        { ...key, provider: 'mistral' as ProviderId },
        { ...key, kid: kid('b') },
      ];
      for (const other of others) {
        expect(await store.find(other)).toBeUndefined();
        await expect(commit([store.remove(other)])).rejects.toEqual(code('not_found'));
        await expect(commit([store.replace({ ...other, revision: 2 })])).rejects.toEqual(code('not_found'));
      }
      expect(await find()).toEqual(key);
    });

    it('lists the keys of one owner in their order, of one provider or of all', async () => {
      const { store, commit, key } = await stored({ order: 1 });
      const first = { ...key, kid: kid('b'), order: 0 };
      const tied = { ...key, kid: kid('c'), order: 1, createdAt: '2026-11-22T11:00:00.000Z' };
      const other = { ...key, provider: 'google' as ProviderId, order: 5 };
      await commit([store.insert(first), store.insert(other), store.insert(tied)]);
      await commit([store.insert(keyOf(newUid()))]);
      expect(await store.list(key.ownerId, openai)).toEqual([first, tied, key]);
      expect(await store.list(key.ownerId)).toEqual([first, tied, key, other]);
      expect(await store.list(key.ownerId, 'open' as ProviderId)).toEqual([]);
    });

    it('commits all writes or none', async () => {
      const { store, commit, key, find } = await stored();
      const second = { ...key, kid: kid('b') };
      const stale = store.replace({ ...key, label: 'x', revision: 7 });
      await expect(commit([store.insert(second), stale])).rejects.toEqual(code('conflict'));
      await expect(commit([stale, store.insert(second)])).rejects.toEqual(code('conflict'));
      expect(await store.find(second)).toBeUndefined();
      expect(await find()).toEqual(key);
    });
  },
);
