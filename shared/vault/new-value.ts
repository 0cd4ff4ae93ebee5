// Creation of a key value from a secret: duplicate check, then sealing.
import { createHash } from 'node:crypto';

import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import { encodeFrame } from '#shared/crypto/frame.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';
import { seal } from '#shared/crypto/message.ts';

import { encryptionContext, type KeyOwner, type Sealed, type StoredKey } from './stored-key.ts';

/** Port. A keyed MAC whose key never leaves KMS. */
export type Fingerprint = (secret: Secret) => Promise<Uint8Array>;

/** @throws {AppError} `conflict` if one of these keys has the same value */
export function assertNotStored(present: readonly StoredKey[], fp: Uint8Array): void {
  const same = present.find((key) => Buffer.compare(key.fp, fp) === 0);
  if (!same) return;
  throw new AppError('conflict', 'This key is already stored.', {
    key_id: keyIdOf(same.provider, same.kid),
    next_step: 'Use the stored key, or delete it first.',
  });
}

export type SealKey = (
  id: KeyOwner & Pick<Sealed, 'version'>,
  what: {
    readonly secret: Secret;
    /** Part of the secret that is sent to the provider, if not all of it: hint and fingerprint are derived from it. */
    readonly shown?: Secret | undefined;
    readonly fp: Uint8Array;
    /** The only origin it may be sent to, if not the provider's origin in code. */
    readonly origin?: string | undefined;
  },
) => Promise<Sealed>;

/** Last four characters of a key, fewer of a short one. */
const lastShown = (key: string) => key.slice(key.length >= 12 ? -4 : -1);

export function createSealKey({ stage, wrapper }: { stage: string; wrapper: KeyWrapper }): SealKey {
  return async (id, { secret, shown = secret, fp, origin = '' }) => {
    const plaintext = encodeFrame({ secret, origin });
    try {
      const { blob, wrappedKey, keyArn } = await seal({
        context: encryptionContext(stage, id),
        plaintext,
        wrapper,
      });
      return {
        version: id.version,
        blob,
        wk: wrappedKey,
        wkArn: keyArn,
        wkFp: createHash('sha256').update(wrappedKey).digest().subarray(0, 16),
        last4: lastShown(shown.reveal()),
        fp,
      };
    } finally {
      plaintext.fill(0);
    }
  };
}
