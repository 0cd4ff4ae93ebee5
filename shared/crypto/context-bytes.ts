// Encryption context in the encoding of the message format: two contexts are equal if their bytes are.
import type { EncryptionContext } from './key-wrapper.ts';

const MAX_PAIRS = 16;
const MAX_LENGTH = 256;
const PRINTABLE = /^[\x21-\x7e]+$/;
// Prefix reserved by the Encryption SDK.
const RESERVED = 'aws-crypto-';

/** A u16 length, then the value. */
export function sized(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** @throws {TypeError} for an invalid context, which indicates a bug */
export function contextBytes(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context);
  if (pairs.length === 0 || pairs.length > MAX_PAIRS) throw new TypeError('A context has 1 to 16 pairs.');
  for (const text of pairs.flat()) {
    if (!PRINTABLE.test(text) || text.length > MAX_LENGTH)
      throw new TypeError('A context is printable ASCII.');
  }
  if (pairs.some(([key]) => key.startsWith(RESERVED)))
    throw new TypeError(`${RESERVED} is a reserved prefix.`);
  // ASCII only: the order of characters is that of bytes.
  const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const count = Buffer.alloc(2);
  count.writeUInt16BE(sorted.length);
  return Buffer.concat([count, ...sorted.flat().map(sized)]);
}
