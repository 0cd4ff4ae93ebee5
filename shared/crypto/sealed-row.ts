// Short-lived rows encrypted under a purpose key: with write access to the table alone, a row can be neither read,
// forged nor moved. Bytes: 01 ‖ salt (32) ‖ ciphertext ‖ tag (16). Each row has its own key, derived with its salt.
import { hkdfSync, randomBytes } from 'node:crypto';

import { decrypt, encrypt, type Nonce, TAG_LENGTH } from './aead.ts';
import { integrityFailure } from './integrity.ts';

const VERSION = 1;
const SALT_BYTES = 32;
const IV = new Uint8Array(12);

export type SealedRows = {
  /** @param bound location and expiry of the row: decryption needs the same values */
  readonly seal: (plaintext: Uint8Array, bound: readonly string[]) => Uint8Array;
  /** @throws {AppError} `integrity_failed` for a forged, moved or changed row */
  readonly open: (sealed: Uint8Array, bound: readonly string[]) => Uint8Array;
};

export function sealedRows(purposeKey: Uint8Array): SealedRows {
  const nonceOf = (salt: Uint8Array, bound: readonly string[]): Nonce => ({
    key: new Uint8Array(hkdfSync('sha256', purposeKey, salt, 'sealed row', 32)),
    iv: IV,
    covers: Buffer.from(JSON.stringify([VERSION, ...bound])),
  });

  return {
    seal(plaintext, bound) {
      const salt = randomBytes(SALT_BYTES);
      const { bytes, tag } = encrypt(nonceOf(salt, bound), plaintext);
      return new Uint8Array(Buffer.concat([Uint8Array.of(VERSION), salt, bytes, tag]));
    },

    open(sealed, bound) {
      const salt = sealed.subarray(1, 1 + SALT_BYTES);
      const content = sealed.subarray(1 + SALT_BYTES);
      if (sealed[0] !== VERSION || content.length < TAG_LENGTH) throw integrityFailure('format');
      const cut = content.length - TAG_LENGTH;
      return decrypt(nonceOf(salt, bound), { bytes: content.subarray(0, cut), tag: content.subarray(cut) });
    },
  };
}
