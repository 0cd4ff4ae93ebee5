// Changes of a key that do not need its secret: one read, one step of life.ts, one conditional write.
import type { ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

import { frozen, labelled, ordered, rolledBack, unfrozen } from './life.ts';
import { ownKey } from './own-key.ts';
import { type KeyStore, type KeySummary, type StoredKey, toKeySummary } from './stored-key.ts';

/** Prepared change. No writes if the key already has the requested state. */
export type Changed = { readonly summary: KeySummary; readonly writes: readonly Write[] };

type Change = (ownerId: OwnerId, keyId: string) => Promise<Changed>;

/** All throw `not_found` if the owner has no such key. */
export type KeyChanges = {
  readonly freeze: Change;
  readonly unfreeze: Change;
  /** @throws {AppError} `conflict` if there is no previous value to restore */
  readonly rollBack: Change;
  readonly label: (ownerId: OwnerId, keyId: string, label: string | null) => Promise<Changed>;
  /** @throws {AppError} `conflict` unless exactly the owner's keys of this provider are named */
  readonly order: (
    ownerId: OwnerId,
    provider: ProviderId,
    keyIds: readonly string[],
  ) => Promise<{ readonly writes: readonly Write[] }>;
};

export function createKeyChanges({ keys, now }: { keys: KeyStore; now: () => number }): KeyChanges {
  const change = async (
    { ownerId, keyId }: { ownerId: OwnerId; keyId: string },
    step: (key: StoredKey) => StoredKey,
  ): Promise<Changed> => {
    const { key } = await ownKey(keys, ownerId, keyId);
    const next = step(key);
    return { summary: toKeySummary(next, now()), writes: next === key ? [] : [keys.replace(next)] };
  };

  return {
    freeze: (ownerId, keyId) => change({ ownerId, keyId }, frozen),
    unfreeze: (ownerId, keyId) => change({ ownerId, keyId }, unfrozen),
    rollBack: (ownerId, keyId) => change({ ownerId, keyId }, (key) => rolledBack(key, now())),
    label: (ownerId, keyId, label) => change({ ownerId, keyId }, (key) => labelled(key, label)),
    async order(ownerId, provider, keyIds) {
      const present = await keys.list(ownerId, provider);
      return { writes: ordered(present, keyIds).map((key) => keys.replace(key)) };
    },
  };
}
