// How a sealed value becomes a secret again. Whoever holds this holds `vault:use`.
import type { DataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { decodeFrame, type KeyFrame } from '#shared/crypto/frame.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';
import { open } from '#shared/crypto/message.ts';

import { contextOf, type KeyOwner, type Sealed } from './stored-key.ts';

/** @throws {AppError} `integrity_failed` when the row was tampered with; `kms_*` when KMS fails */
export type OpenKey = (owner: KeyOwner, value: Sealed) => Promise<KeyFrame>;

export function createOpenKey(ports: {
  stage: string;
  wrapper: KeyWrapper;
  cache: DataKeyCache;
  /** CMKs a data key may be wrapped under. */
  allowedKeyArns: readonly string[];
}): OpenKey {
  const { stage, wrapper, cache, allowedKeyArns } = ports;

  return async ({ uid, provider, kid }, { ver, blob, wk, wkArn }) => {
    const plaintext = await open({
      blob,
      context: contextOf(stage, { uid, provider, kid, ver }),
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
