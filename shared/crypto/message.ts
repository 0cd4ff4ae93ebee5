// Encrypts and decrypts one secret under one data key. The format is that of the AWS Encryption SDK
// (message-format.ts), so that every language of the SDK can read the data without this code.
import { createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

import { decrypt, encrypt } from './aead.ts';
import { contextBytes } from './context-bytes.ts';
import type { DataKeyCache } from './data-key-cache.ts';
import { integrityFailure } from './integrity.ts';
import type { EncryptionContext, KeyWrapper, WrappedKey } from './key-wrapper.ts';
import {
  FRAME_IV,
  FRAME_LENGTH,
  frameBytes,
  HEADER_IV,
  headerBytes,
  type Message,
  messageBytes,
  parseMessage,
  SUITE,
} from './message-format.ts';

const KEY_LENGTH = 32;
const KEY_INFO = Buffer.concat([SUITE, Buffer.from('DERIVEKEY')]);
const COMMITMENT_INFO = Buffer.from('COMMITKEY');
const EMPTY = Buffer.alloc(0);

function derive(dataKey: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  if (dataKey.length !== KEY_LENGTH) throw integrityFailure('data_key');
  return new Uint8Array(hkdfSync('sha512', dataKey, salt, info, KEY_LENGTH));
}

export type SealRequest = {
  readonly context: EncryptionContext;
  readonly plaintext: Uint8Array;
  readonly wrapper: KeyWrapper;
};

/** `wrappedKey` and `keyArn` are copies of the header's values; after a re-wrap they are the current ones. */
export type SealedMessage = {
  readonly blob: Uint8Array<ArrayBuffer>;
  readonly wrappedKey: Uint8Array<ArrayBuffer>;
  readonly keyArn: string;
};

/** Encrypts at most 4096 bytes under a new data key. The caller zeroes `plaintext`. */
export async function seal({ context, plaintext, wrapper }: SealRequest): Promise<SealedMessage> {
  if (plaintext.length > FRAME_LENGTH) throw new TypeError(`A message holds at most ${FRAME_LENGTH} bytes.`);
  const bound = contextBytes(context);
  const { plaintext: dataKey, wrapped, keyArn } = await wrapper.generate(context);
  const messageId = randomBytes(32);
  let key: Uint8Array | undefined;
  try {
    const commitment = derive(dataKey, messageId, COMMITMENT_INFO);
    key = derive(dataKey, messageId, KEY_INFO);
    const header = headerBytes({ messageId, context: bound, keyArn, wrapped, commitment });
    const { tag: headerTag } = encrypt({ key, iv: HEADER_IV, covers: header }, EMPTY);
    const covers = frameBytes(messageId, plaintext.length);
    const { bytes: ciphertext, tag } = encrypt({ key, iv: FRAME_IV, covers }, plaintext);
    const blob = messageBytes({ header, headerTag, ciphertext, tag });
    return { blob, wrappedKey: new Uint8Array(wrapped), keyArn };
  } finally {
    dataKey.fill(0);
    key?.fill(0);
  }
}

/**
 * Key of this one message, after its header was verified. A holder needs neither the data key nor this check again:
 * both depend only on the header.
 */
function messageKey({ messageId, header, headerTag, commitment }: Message, dataKey: Uint8Array): Uint8Array {
  // Key commitment first: a ciphertext that decrypts under two keys must not decrypt under either.
  if (!timingSafeEqual(derive(dataKey, messageId, COMMITMENT_INFO), commitment)) {
    throw integrityFailure('commitment');
  }
  const key = derive(dataKey, messageId, KEY_INFO);
  try {
    decrypt({ key, iv: HEADER_IV, covers: header }, { bytes: EMPTY, tag: headerTag });
    return key;
  } catch (error) {
    key.fill(0);
    throw error;
  }
}

function openWith({ messageId, ciphertext, tag }: Message, key: Uint8Array): Uint8Array {
  const covers = frameBytes(messageId, ciphertext.length);
  return decrypt({ key, iv: FRAME_IV, covers }, { bytes: ciphertext, tag });
}

/** Hash of everything that the key of a message depends on. */
const cacheId = ({ header, headerTag }: Message, wrapped: Uint8Array): string =>
  createHash('sha256').update(header).update(headerTag).update(wrapped).digest('base64');

const useOnce: DataKeyCache['use'] = async (_id, load, run) => {
  const key = await load();
  try {
    return run(key);
  } finally {
    key.fill(0);
  }
};

export type OpenRequest = {
  readonly blob: Uint8Array;
  /** Derived from the location of the record, never read from the blob. */
  readonly context: EncryptionContext;
  readonly allowedKeyArns: readonly string[];
  readonly wrapper: KeyWrapper;
  /** Current wrapped key, if the record was re-wrapped under another master key. */
  readonly wrappedKey?: WrappedKey | undefined;
  /** Without a cache KMS is called on every use. */
  readonly keys?: DataKeyCache | undefined;
};

/**
 * Decrypts a message; the caller zeroes the plaintext. KMS is called only if the message belongs to this context.
 * @throws {AppError} `integrity_failed` for any tampering; the wrapper's own errors pass through
 */
export async function open({ blob, context, allowedKeyArns, wrapper, wrappedKey, keys }: OpenRequest) {
  const message = parseMessage(blob);
  if (!contextBytes(context).equals(message.context)) throw integrityFailure('context');
  const { wrapped, keyArn } = wrappedKey ?? message;
  if (!allowedKeyArns.includes(keyArn)) throw integrityFailure('key_arn');
  const use = keys?.use ?? useOnce;
  const load = async () => {
    const dataKey = await wrapper.unwrap({ wrapped, keyArn, context });
    try {
      return messageKey(message, dataKey);
    } finally {
      dataKey.fill(0);
    }
  };
  return use(cacheId(message, wrapped), load, (key) => openWith(message, key));
}
