import { AppError } from '#shared/core/errors.ts';
import { parseKeyId, type OwnerId } from '#shared/core/ids.ts';

import type { KeyStore, StoredKey } from './stored-key.ts';

export type OwnKey = {
  readonly key: StoredKey;
  /** All of the owner's keys of its provider, including itself. */
  readonly siblings: readonly StoredKey[];
};

/** @throws {AppError} `not_found`, the same for an unknown id, another owner's id and invalid text */
export async function ownKey(keys: KeyStore, ownerId: OwnerId, keyId: string): Promise<OwnKey> {
  const id = parseKeyId(keyId);
  const siblings = id ? await keys.list(ownerId, id.provider) : [];
  const key = siblings.find(({ kid }) => kid === id?.kid);
  if (!key) throw new AppError('not_found', 'Key not found.');
  return { key, siblings };
}
