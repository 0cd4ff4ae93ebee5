// Decryption of a sealed value. Access to this function is access to `vault:use`.
import type { DataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { decodeFrame, type KeyFrame } from '#shared/crypto/frame.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';
import { open } from '#shared/crypto/message.ts';

import { encryptionContext, type KeyOwner, type Sealed } from './stored-key.ts';

/** @throws {AppError} `integrity_failed` if the row was tampered with; `kms_*` if KMS fails */
export type OpenKey = (owner: KeyOwner, value: Sealed) => Promise<KeyFrame>;

export function createOpenKey(ports: {
  stage: string;
  wrapper: KeyWrapper;
  cache: DataKeyCache;
  /** CMKs that may wrap a data key. */
  allowedKeyArns: readonly string[];
}): OpenKey {
  const { stage, wrapper, cache, allowedKeyArns } = ports;

  return async ({ ownerId, provider, kid }, { version, blob, wk, wkArn }) => {
    const plaintext = await open({
      blob,
      context: encryptionContext(stage, { ownerId, provider, kid, version }),
      allowedKeyArns,
      wrapper,
      wrappedKey: { wrapped: wk, keyArn: wkArn },
      keys: cache,
    });
    try {
      return decodeFrame(plaintext);
    } finally {
      plaintext.fill(0);
    }
  };
}
