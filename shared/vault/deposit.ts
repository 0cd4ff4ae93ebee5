// Storing a new key.
import { AppError } from '#shared/core/errors.ts';
import { newKid, type ProviderId, type OwnerId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';

import { expiresAtOf } from './expires-at.ts';
import { assertNotStored, type Fingerprint, type SealKey } from './new-value.ts';
import {
  type KeyStore,
  type KeySummary,
  type StoredKey,
  toKeySummary,
  type Validation,
} from './stored-key.ts';
import { tokenSecret, type TokenSet } from './token-set.ts';

type Tokens = Pick<TokenSet, 'refreshToken' | 'endpoint'> & { readonly tokenUntil: string };

export type KeyDeposit = {
  /**
   * Seals a key for its owner.
   * @returns the public summary, and the write that stores the key: nothing is stored until it is committed
   * @throws {AppError} `conflict` if the owner has already stored this key, or too many; `kms_*` if KMS fails; errors
   * of `validate`
   */
  readonly deposit: (request: {
    ownerId: OwnerId;
    provider: ProviderId;
    secret: Secret;
    label?: string | undefined;
    expiresAt?: string | undefined;
    /** The one origin that the key may be sent to; sealed with the key. */
    origin?: string | undefined;
    /** Makes it a renewable credential with `secret` as its access token. */
    tokens?: Tokens | undefined;
    /** Validates the key with the provider; throws if the key is rejected. Called only for a key that can be stored. */
    validate: () => Promise<Validation | undefined>;
  }) => Promise<{ summary: KeySummary; write: Write }>;
};

/** Secret to seal: the key, or a token set that contains it. */
const secretToSeal = (secret: Secret, tokens: Tokens | undefined) =>
  tokens ? tokenSecret({ ...tokens, accessToken: secret }) : secret;

/** Bound of the query that reads an owner's keys for one provider on each use. */
const MAX_KEYS = 10;

export function createKeyDeposit(ports: {
  keys: KeyStore;
  seal: SealKey;
  fingerprint: Fingerprint;
  now: () => number;
}): KeyDeposit {
  const { keys, seal, fingerprint, now } = ports;

  return {
    async deposit({ ownerId, provider, secret, label, expiresAt, origin, tokens, validate }) {
      const expiry = expiresAtOf(expiresAt, now());
      const [present, fp] = await Promise.all([keys.list(ownerId, provider), fingerprint(secret)]);
      assertNotStored(present, fp);
      if (present.length >= MAX_KEYS) {
        throw new AppError('conflict', `At most ${MAX_KEYS} keys can be stored for one provider.`, {
          next_step: 'Delete a key that is no longer needed.',
        });
      }
      const validation = await validate();
      const id = { ownerId, provider, kid: newKid() };
      const key: StoredKey = {
        ...id,
        ...(await seal(
          { ...id, version: 1 },
          { secret: secretToSeal(secret, tokens), shown: secret, fp, origin },
        )),
        ...expiry,
        ...(validation && { validation }),
        fmt: 1,
        status: 'active',
        kind: tokens ? 'oauth' : 'api_key',
        ...(tokens && { tokenUntil: tokens.tokenUntil }),
        ...(label !== undefined && { label }),
        order: Math.max(-1, ...present.map(({ order }) => order)) + 1,
        createdAt: new Date(now()).toISOString(),
        revision: 1,
      };
      return { summary: toKeySummary(key, now()), write: keys.insert(key) };
    },
  };
}
