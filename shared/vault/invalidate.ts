// A value that its provider rejects is marked on the row, so that no further call tries it and its owner is told once.
import type { Write } from '#shared/core/write.ts';

import { validated } from './life.ts';
import type { KeyOwner, KeyStore, Sealed, StoredKey } from './stored-key.ts';

/** `doubtful`: the value before it still serves, so the key stays in use. */
export type Mark = 'invalid' | 'doubtful';

/**
 * Of many calls that meet a rejection one writes, and the rest find it done. A key that has another value, or was frozen or
 * deleted since, is left as it is.
 * @param ports.commit carries the change together with all that is told of it
 */
export function createInvalidation(ports: {
  keys: KeyStore;
  commit: (key: StoredKey, change: Write) => Promise<void>;
  now: () => number;
}) {
  const { keys, commit, now } = ports;
  return async (rejected: KeyOwner & Pick<Sealed, 'ver'>, mark: Mark): Promise<void> => {
    const stored = await keys.list(rejected.uid, rejected.provider);
    const key = stored.find(({ kid }) => kid === rejected.kid);
    if (key?.ver !== rejected.ver || key.status !== 'active') return;
    if (mark === 'doubtful' && key.validation?.outcome === 'rejected') return;
    const invalid = validated(key, { outcome: 'rejected', checkedAt: new Date(now()).toISOString() });
    await commit(key, keys.replace(mark === 'invalid' ? invalid : { ...invalid, status: key.status }));
  };
}
