// Stored keys by the fingerprint of a text that was found where no key belongs.
import { frozen } from './life.ts';
import type { KeyOwner, KeyStore, StoredKey } from './stored-key.ts';
import type { Write } from '#shared/core/write.ts';

/** Port. Keys whose current value has this fingerprint, of any owner. Eventually consistent. */
export type LeakIndex = { readonly find: (fp: Uint8Array) => Promise<readonly KeyOwner[]> };

/** @property writes freeze the key; none if it is frozen already */
export type LeakedKey = { readonly key: StoredKey; readonly writes: readonly Write[] };

/** Prepares the freeze of each key with this fingerprint. The rows are read again: an index may be behind. */
export function createFindLeakedKeys(ports: { index: LeakIndex; keys: Pick<KeyStore, 'list' | 'replace'> }) {
  const { index, keys } = ports;
  return async (fp: Uint8Array): Promise<LeakedKey[]> => {
    const found: LeakedKey[] = [];
    for (const { ownerId, provider, kid } of await index.find(fp)) {
      const stored = await keys.list(ownerId, provider);
      const key = stored.find((one) => one.kid === kid && Buffer.compare(one.fp, fp) === 0);
      if (!key) continue;
      const next = frozen(key);
      found.push({ key, writes: next === key ? [] : [keys.replace(next)] });
    }
    return found;
  };
}
