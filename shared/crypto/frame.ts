// Plaintext of a sealed record: the secret and the origin it may be sent to, padded so that the length of a record does
// not reveal that of its key. The origin is sealed, so a change of the row cannot redirect the key.
import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';

import { integrityFailure } from './integrity.ts';

const VERSION = 1;
const BLOCK = 512;
const MAX_LENGTH = 4096;

/** `origin` is empty if the key is sent to the provider's origin in code. */
export type KeyFrame = { readonly secret: Secret; readonly origin: string };

const paddedLength = (length: number) => Math.ceil(length / BLOCK) * BLOCK;

/** The caller zeroes the result. @throws {AppError} `invalid_input` for a key that cannot be encoded exactly */
export function encodeFrame({ secret, origin }: KeyFrame): Uint8Array {
  const texts = [secret.reveal(), origin];
  if (!texts.every((text) => text.isWellFormed()))
    throw new AppError('invalid_input', 'The key is not well-formed text.');
  const length = 1 + texts.reduce((sum, text) => sum + 2 + Buffer.byteLength(text), 0);
  if (length > MAX_LENGTH) throw new AppError('invalid_input', 'The key is too long.');
  const frame = Buffer.alloc(paddedLength(length));
  frame.writeUInt8(VERSION);
  let at = 1;
  for (const text of texts) {
    // Encoded directly into the frame: a copy elsewhere would not be zeroed.
    const written = frame.write(text, at + 2);
    frame.writeUInt16BE(written, at);
    at += 2 + written;
  }
  return frame;
}

/** @throws {AppError} `integrity_failed` for any bytes that `encodeFrame` does not produce */
export function decodeFrame(bytes: Uint8Array): KeyFrame {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 1;
  const text = (): string => {
    const start = at + 2;
    const end = start <= frame.length ? start + frame.readUInt16BE(at) : Number.POSITIVE_INFINITY;
    if (end > frame.length) throw integrityFailure('frame');
    at = end;
    return utf8(frame.subarray(start, end));
  };
  if (frame.at(0) !== VERSION) throw integrityFailure('frame');
  const secret = new Secret(text());
  const origin = text();
  const padded = frame.length === paddedLength(at) && frame.subarray(at).every((byte) => byte === 0);
  if (!padded) throw integrityFailure('frame');
  return { secret, origin };
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw integrityFailure('frame');
  }
}
