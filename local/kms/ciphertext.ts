// KMS ciphertext blobs: opaque to callers, bound to key, material version and encryption context.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import { contextBytes, type EncryptionContext } from './encryption-context.ts';
import { KmsError } from './kms-error.ts';

// 1 format · 1 length of key id · key id · 4 material version · 12 IV · ciphertext · 16 tag
const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const GCM = { authTagLength: TAG_BYTES };

export type Envelope = {
  readonly keyId: string;
  readonly version: number;
  readonly header: Buffer;
  readonly iv: Buffer;
  readonly sealed: Buffer;
  readonly tag: Buffer;
};

export type Material = { readonly version: number; readonly bytes: Buffer };

export function seal(options: {
  keyId: string;
  material: Material;
  context: EncryptionContext;
  plaintext: Uint8Array;
}): Buffer {
  const { keyId, material, context, plaintext } = options;
  const id = Buffer.from(keyId);
  const version = Buffer.alloc(4);
  version.writeUInt32BE(material.version);
  const header = Buffer.concat([Buffer.from([FORMAT, id.length]), id, version]);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', material.bytes, iv, GCM);
  cipher.setAAD(Buffer.concat([header, contextBytes(context)]));
  return Buffer.concat([header, iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Splits a blob without verifying it. @throws {KmsError} InvalidCiphertextException */
export function parse(blob: Buffer): Envelope {
  const headerEnd = 2 + (blob[1] ?? 0) + 4;
  if (blob[0] !== FORMAT || blob.length < headerEnd + IV_BYTES + TAG_BYTES) {
    throw new KmsError('InvalidCiphertextException');
  }
  const bodyStart = headerEnd + IV_BYTES;
  return {
    keyId: blob.toString('utf8', 2, headerEnd - 4),
    version: blob.readUInt32BE(headerEnd - 4),
    header: blob.subarray(0, headerEnd),
    iv: blob.subarray(headerEnd, bodyStart),
    sealed: blob.subarray(bodyStart, -TAG_BYTES),
    tag: blob.subarray(-TAG_BYTES),
  };
}

/** @throws {KmsError} InvalidCiphertextException for another context, another material or a changed byte. */
export function open(envelope: Envelope, material: Buffer, context: EncryptionContext): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', material, envelope.iv, GCM);
  decipher.setAAD(Buffer.concat([envelope.header, contextBytes(context)]));
  decipher.setAuthTag(envelope.tag);
  const plaintext = decipher.update(envelope.sealed);
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    throw new KmsError('InvalidCiphertextException');
  }
}
