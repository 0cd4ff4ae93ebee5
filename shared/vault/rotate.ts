// Rotation of a key; the old value remains usable for a grace period.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';

import type { Changed } from './change.ts';
import { expiresAtOf } from './expires-at.ts';
import { nextVersion, rotated } from './life.ts';
import { assertNotStored, type Fingerprint, type SealKey } from './new-value.ts';
import { ownKey } from './own-key.ts';
import { type KeyStore, toKeySummary, type Validation } from './stored-key.ts';

/**
 * One of two concurrent rotations is written; the other is rejected with `conflict` and the current state.
 * @throws {AppError} `not_found`; `conflict` for a value the owner has already stored, or a key that is renewed
 * automatically; `kms_*`; errors of `validate`
 */
export type RotateKey = (request: {
  ownerId: OwnerId;
  keyId: string;
  secret: Secret;
  /** Origin as in a deposit. The old value keeps its origin and is not decrypted for it. */
  origin?: string | undefined;
  /** Expiry of the new value; that of the old one is not inherited. */
  expiresAt?: string | undefined;
  /** Validates the new value with the provider; throws if it is rejected, and the old value stays current. */
  validate: () => Promise<Validation>;
}) => Promise<Changed>;

export function createRotateKey(ports: {
  keys: KeyStore;
  seal: SealKey;
  fingerprint: Fingerprint;
  now: () => number;
}): RotateKey {
  const { keys, seal, fingerprint, now } = ports;

  return async ({ ownerId, keyId, secret, origin, expiresAt, validate }) => {
    const expiry = expiresAtOf(expiresAt, now());
    const { key, siblings } = await ownKey(keys, ownerId, keyId);
    if (key.kind !== 'api_key') throw new AppError('conflict', 'The key is renewed automatically.');
    const fp = await fingerprint(secret);
    assertNotStored(siblings, fp);
    const validation = await validate();
    const version = nextVersion(key);
    const value = await seal(
      { ownerId, provider: key.provider, kid: key.kid, version },
      { secret, fp, origin },
    );
    const next = rotated(key, { ...value, ...expiry, validation }, now());
    return { summary: toKeySummary(next, now()), writes: [keys.replace(next)] };
  };
}
