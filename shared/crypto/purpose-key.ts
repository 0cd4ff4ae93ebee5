// Keys derived from the stage secret, one per purpose: output for one purpose is invalid for another.
import { hkdfSync } from 'node:crypto';

import type { Secret } from '#shared/core/secret.ts';

const KEY_BYTES = 32;
const MIN_SECRET_LENGTH = 43; // 256 bits in 62 characters

/** Purposes of derived keys. A new purpose is one more line here. */
export const PURPOSES = [
  'cache-names',
  'cache-entries',
  'idempotency-names',
  'idempotency-replies',
  'issuer-keys',
  'personal-tokens',
] as const;
export type Purpose = (typeof PURPOSES)[number];

/** 256 bits, deterministic for a secret and a purpose. */
export function purposeKey(stageSecret: Secret, purpose: Purpose): Uint8Array {
  const text = stageSecret.reveal();
  if (text.length < MIN_SECRET_LENGTH) throw new Error("The stage's secret is too short.");
  return new Uint8Array(hkdfSync('sha256', text, 'portunus', purpose, KEY_BYTES));
}
