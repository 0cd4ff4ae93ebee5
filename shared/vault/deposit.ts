// How a key enters the vault.
import { createHash } from 'node:crypto';

import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, newKid, type ProviderId, type Uid } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';
import { encodeFrame } from '#shared/crypto/frame.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';
import { seal } from '#shared/crypto/message.ts';

import { contextOf, type KeyStore, type KeySummary, type StoredKey, summaryOf } from './stored-key.ts';

/** Port. A keyed MAC whose key never leaves KMS. */
export type Fingerprint = (secret: Secret) => Promise<Uint8Array>;

export type KeyDeposit = {
  /**
   * Seals a key for its owner.
   * @returns what the owner may see, and the write that stores it: nothing is stored until it is committed
   * @throws {AppError} `conflict` when the owner has stored this very key, or too many; `kms_*` when KMS fails
   */
  readonly deposit: (request: {
    uid: Uid;
    provider: ProviderId;
    secret: Secret;
    label?: string | undefined;
  }) => Promise<{ summary: KeySummary; write: Write }>;
};

/** An owner's keys for one provider are read in one query on each use. */
const MAX_KEYS = 10;

export function createKeyDeposit(ports: {
  stage: string;
  keys: KeyStore;
  wrapper: KeyWrapper;
  fingerprint: Fingerprint;
  now: () => number;
}): KeyDeposit {
  const { stage, keys, wrapper, fingerprint, now } = ports;

  return {
    async deposit({ uid, provider, secret, label }) {
      const [present, fp] = await Promise.all([keys.list(uid, provider), fingerprint(secret)]);
      const same = present.find((key) => Buffer.compare(key.fp, fp) === 0);
      if (same) {
        throw new AppError('conflict', 'You have stored this key already.', {
          key_id: keyIdOf(provider, same.kid),
          next_step: 'Use the key as it is stored, or delete it first.',
        });
      }
      if (present.length >= MAX_KEYS) {
        throw new AppError('conflict', `At most ${MAX_KEYS} keys for one provider.`, {
          next_step: 'Delete a key you no longer need.',
        });
      }
      const id = { uid, provider, kid: newKid(), ver: 1 };
      const context = contextOf(stage, id);
      const plaintext = encodeFrame({ secret, origin: '' });
      try {
        const { blob, wrappedKey, keyArn } = await seal({ context, plaintext, wrapper });
        const key: StoredKey = {
          ...id,
          fmt: 1,
          blob,
          wk: wrappedKey,
          wkArn: keyArn,
          wkFp: createHash('sha256').update(wrappedKey).digest().subarray(0, 16),
          last4: secret.reveal().slice(-4),
          fp,
          status: 'active',
          kind: 'api_key',
          ...(label !== undefined && { label }),
          order: Math.max(-1, ...present.map(({ order }) => order)) + 1,
          createdAt: new Date(now()).toISOString(),
          rv: 1,
        };
        return { summary: summaryOf(key, now()), write: keys.insert(key) };
      } finally {
        plaintext.fill(0);
      }
    },
  };
}
