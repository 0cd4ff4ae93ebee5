// The vault's KeyStore in memory: writes are conditional, and committed all or not at all, as in the table.
import { AppError } from '#shared/core/errors.ts';
import type { Commit } from '#shared/core/write.ts';
import type { KeyOwner, KeyStore, StoredKey } from '#shared/vault/stored-key.ts';

type Change = { readonly holds: () => boolean; readonly apply: () => void };

const placeOf = ({ ownerId, provider, kid }: KeyOwner) => `${ownerId}#${provider}#${kid}`;
const write = (change: Change, code: () => 'conflict' | 'not_found') => ({
  item: change,
  rejected: () => new AppError(code()),
});

/** All or none, at one moment: nothing is awaited. */
const commit: Commit = async (writes) => {
  const failed = writes.find(({ item }) => !(item as Change).holds());
  if (failed) throw failed.rejected();
  for (const { item } of writes) (item as Change).apply();
};

export function createMemoryKeys() {
  const rows = new Map<string, StoredKey>();
  const keys: KeyStore = {
    find: async (owner) => rows.get(placeOf(owner)),
    async list(ownerId, provider) {
      const own = [...rows].filter(([place]) =>
        place.startsWith(provider ? `${ownerId}#${provider}#` : `${ownerId}#`),
      );
      // Owner, provider and id come from the place, as they come from the row's key in the table.
      return own
        .map(([place, row]) => {
          const [, , kid] = place.split('#');
          return { ...row, ownerId, kid: kid as StoredKey['kid'] };
        })
        .toSorted((a, b) => a.order - b.order || (a.createdAt < b.createdAt ? -1 : 1));
    },
    insert: (key) =>
      write(
        { holds: () => !rows.has(placeOf(key)), apply: () => rows.set(placeOf(key), key) },
        () => 'conflict',
      ),
    replace: (key) =>
      write(
        {
          holds: () => rows.get(placeOf(key))?.revision === key.revision - 1,
          apply: () => rows.set(placeOf(key), key),
        },
        () => (rows.has(placeOf(key)) ? 'conflict' : 'not_found'),
      ),
    remove: (owner) =>
      write(
        { holds: () => rows.has(placeOf(owner)), apply: () => rows.delete(placeOf(owner)) },
        () => 'not_found',
      ),
  };

  return { keys, commit, rows, placeOf };
}
