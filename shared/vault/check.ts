// Validation of a stored key with its provider.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { KeyFrame } from '#shared/crypto/frame.ts';

import type { Changed } from './change.ts';
import { validated } from './life.ts';
import type { OpenKey } from './open-key.ts';
import { ownKey } from './own-key.ts';
import { type KeyStore, type StoredKey, toKeySummary, type Validation } from './stored-key.ts';

/** Maximum age of a cached result: repeated requests do not reach the provider. */
const FRESH_MS = 60_000;

export type CheckKey = (
  request: { ownerId: OwnerId; keyId: string },
  call: {
    /** Throws for a frozen or expired key. */
    readonly admit: (key: StoredKey) => void;
    /** Records the attempt before the key is decrypted. */
    readonly attempt: (key: StoredKey) => Promise<void>;
    readonly ask: (frame: KeyFrame, key: StoredKey) => Promise<Validation>;
  },
) => Promise<Changed & { readonly outcome: Validation['outcome']; readonly cached: boolean }>;

const isFresh = ({ checkedAt }: Validation, now: number): boolean => {
  const age = now - Date.parse(checkedAt);
  return age >= 0 && age < FRESH_MS;
};

export function createCheckKey(ports: { keys: KeyStore; open: OpenKey; now: () => number }): CheckKey {
  const { keys, open, now } = ports;

  return async ({ ownerId, keyId }, { admit, attempt, ask }) => {
    const { key } = await ownKey(keys, ownerId, keyId);
    if (key.kind !== 'api_key') throw new AppError('conflict', 'The key is renewed automatically.');
    admit(key);
    const { validation: known } = key;
    if (known && isFresh(known, now())) {
      return { summary: toKeySummary(key, now()), writes: [], outcome: known.outcome, cached: true };
    }
    await attempt(key);
    const validation = await ask(await open(key, key), key);
    const next = validated(key, validation);
    return {
      summary: toKeySummary(next, now()),
      writes: next === key ? [] : [keys.replace(next)],
      outcome: validation.outcome,
      cached: false,
    };
  };
}
