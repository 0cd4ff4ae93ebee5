// Asking the provider about a key that is stored already.
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { KeyFrame } from '#shared/crypto/frame.ts';

import type { Changed } from './change.ts';
import { validated } from './life.ts';
import type { OpenKey } from './open-key.ts';
import { ownKey } from './own-key.ts';
import { type KeyStore, type StoredKey, summaryOf, type Validation } from './stored-key.ts';

/** An answer this young is given again: whoever asks in a loop does not reach the provider. */
const FRESH_MS = 60_000;

export type CheckKey = (
  request: { uid: Uid; keyId: string },
  call: {
    /** Throws for a key that its owner or the clock has put out of use. */
    readonly admit: (key: StoredKey) => void;
    /** Recorded before the key is opened. */
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

  return async ({ uid, keyId }, { admit, attempt, ask }) => {
    const { key } = await ownKey(keys, uid, keyId);
    if (key.kind !== 'api_key') throw new AppError('conflict', 'The key is renewed automatically.');
    admit(key);
    const { validation: known } = key;
    if (known && isFresh(known, now())) {
      return { summary: summaryOf(key, now()), writes: [], outcome: known.outcome, cached: true };
    }
    await attempt(key);
    const validation = await ask(await open(key, key), key);
    const next = validated(key, validation);
    return {
      summary: summaryOf(next, now()),
      writes: next === key ? [] : [keys.replace(next)],
      outcome: validation.outcome,
      cached: false,
    };
  };
}
