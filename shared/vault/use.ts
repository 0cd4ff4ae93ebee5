// How a key leaves the vault: into one callback, for one call, on its owner's behalf.
import type { Kid, ProviderId, Uid } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { DataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { decodeFrame } from '#shared/crypto/frame.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';
import { open } from '#shared/crypto/message.ts';

import { contextOf, isExpired, type KeyStore, type StoredKey } from './stored-key.ts';

/** A key that may be used now. It holds no secret: `open` reveals it. */
export type Candidate = {
  readonly provider: ProviderId;
  readonly kid: Kid;
  readonly ver: number;
  /** @throws {AppError} `integrity_failed` when the row was tampered with; `kms_*` when KMS fails */
  readonly open: () => Promise<{ secret: Secret; origin: string }>;
};

export type KeyUse = {
  /**
   * The owner's usable keys in their order, of one provider or of all. The rows are read on every call: a key deleted
   * or frozen anywhere is refused here at once.
   */
  readonly candidates: (uid: Uid, provider?: ProviderId) => Promise<Candidate[]>;
};

export function createKeyUse(ports: {
  stage: string;
  keys: KeyStore;
  wrapper: KeyWrapper;
  cache: DataKeyCache;
  /** CMKs a data key may be wrapped under. */
  allowedKeyArns: readonly string[];
  now: () => number;
}): KeyUse {
  const { stage, keys, wrapper, cache, allowedKeyArns, now } = ports;

  const openKey = async (key: StoredKey) => {
    const plaintext = await open({
      blob: key.blob,
      context: contextOf(stage, key),
      allowedKeyArns,
      wrapper,
      wrappedKey: { wrapped: key.wk, keyArn: key.wkArn },
      keys: cache,
    });
    try {
      return decodeFrame(plaintext);
    } finally {
      plaintext.fill(0);
    }
  };

  return {
    async candidates(uid, provider) {
      const stored = await keys.list(uid, provider);
      return stored
        .filter((key) => key.status === 'active' && !isExpired(key, now()))
        .map((key) => ({ provider: key.provider, kid: key.kid, ver: key.ver, open: () => openKey(key) }));
    },
  };
}
