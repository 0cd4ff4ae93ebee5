// How a key gets a new value while the old one still works for a while.
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';

import type { Changed } from './change.ts';
import { expiresAtOf } from './expires-at.ts';
import { nextVersion, rotated } from './life.ts';
import { type Fingerprint, refuseKnown, type SealKey } from './new-value.ts';
import { ownKey } from './own-key.ts';
import { type KeyStore, summaryOf, type Validation } from './stored-key.ts';

/**
 * Of two rotations at once one is written; the other is refused with `conflict` and the current state.
 * @throws {AppError} `not_found`; `conflict` for a value the owner has stored already, or a key that renews itself;
 * `kms_*`; whatever `validate` throws
 */
export type RotateKey = (request: {
  uid: Uid;
  keyId: string;
  secret: Secret;
  /** As at its deposit. The old value keeps its own: it is not opened to learn it. */
  origin?: string | undefined;
  /** Of the new value; the old one's end is not taken over. */
  expiresAt?: string | undefined;
  /** Asks the provider, and throws where it refuses the new value: then the old one stays. */
  validate: () => Promise<Validation>;
}) => Promise<Changed>;

export function createRotateKey(ports: {
  keys: KeyStore;
  seal: SealKey;
  fingerprint: Fingerprint;
  now: () => number;
}): RotateKey {
  const { keys, seal, fingerprint, now } = ports;

  return async ({ uid, keyId, secret, origin, expiresAt, validate }) => {
    const expiry = expiresAtOf(expiresAt, now());
    const { key, siblings } = await ownKey(keys, uid, keyId);
    if (key.kind !== 'api_key') throw new AppError('conflict', 'The key is renewed automatically.');
    const fp = await fingerprint(secret);
    refuseKnown(siblings, fp);
    const validation = await validate();
    const ver = nextVersion(key);
    const value = await seal({ uid, provider: key.provider, kid: key.kid, ver }, { secret, fp, origin });
    const next = rotated(key, { ...value, ...expiry, validation }, now());
    return { summary: summaryOf(next, now()), writes: [keys.replace(next)] };
  };
}
