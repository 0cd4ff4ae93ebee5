// Marks a value that its provider rejects, so that no further call tries it and the owner is notified once.
import type { Write } from '#shared/core/write.ts';

import { validated } from './life.ts';
import type { KeyOwner, KeyStore, Sealed, StoredKey } from './stored-key.ts';

/** `doubtful`: the previous value still works, so the key stays in use. */
export type Mark = 'invalid' | 'doubtful';

/**
 * One of many concurrent calls that meet a rejection writes; the others find the mark. A key that was rotated, frozen
 * or deleted since is not changed.
 * @param ports.commit commits the change together with its notice and record
 */
export function createInvalidation(ports: {
  keys: KeyStore;
  commit: (key: StoredKey, change: Write) => Promise<void>;
  now: () => number;
}) {
  const { keys, commit, now } = ports;
  return async (rejected: KeyOwner & Pick<Sealed, 'version'>, mark: Mark): Promise<void> => {
    const stored = await keys.list(rejected.ownerId, rejected.provider);
    const key = stored.find(({ kid }) => kid === rejected.kid);
    if (key?.version !== rejected.version || key.status !== 'active') return;
    if (mark === 'doubtful' && key.validation?.outcome === 'rejected') return;
    const invalid = validated(key, { outcome: 'rejected', checkedAt: new Date(now()).toISOString() });
    await commit(key, keys.replace(mark === 'invalid' ? invalid : { ...invalid, status: key.status }));
  };
}
