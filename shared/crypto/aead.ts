// AES-256-GCM with full-length tags; no plaintext is returned before the tag is verified. Each key encrypts once, so
// nonces may be fixed.
import { createCipheriv, createDecipheriv } from 'node:crypto';

import { integrityFailure } from './integrity.ts';

const CIPHER = 'aes-256-gcm';
export const TAG_LENGTH = 16;

export type Nonce = {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Additional authenticated data. */
  readonly covers: Uint8Array;
};
export type Encrypted = { readonly bytes: Uint8Array; readonly tag: Uint8Array };

export function encrypt({ key, iv, covers }: Nonce, plaintext: Uint8Array): Encrypted {
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_LENGTH });
  cipher.setAAD(covers);
  const bytes = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { bytes, tag: cipher.getAuthTag() };
}

/** @throws {AppError} `integrity_failed` */
export function decrypt({ key, iv, covers }: Nonce, { bytes, tag }: Encrypted): Uint8Array {
  // Without authTagLength Node accepts a tag of four bytes.
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_LENGTH });
  decipher.setAAD(covers);
  decipher.setAuthTag(tag);
  const unverified = decipher.update(bytes);
  try {
    decipher.final();
    return unverified;
  } catch {
    unverified.fill(0); // no plaintext before the tag is verified
    throw integrityFailure('tag');
  }
}
