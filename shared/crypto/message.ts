// Seals and opens one secret under one data key. The format is the AWS Encryption SDK's (message-format.ts),
// so that every AWS SDK language can read the data without us.
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

/**
 * `wrappedKey` and `keyArn` are copies of what the header holds: the live ones, once the record is wrapped
 * anew.
 */
export type SealedMessage = {
  readonly blob: Uint8Array<ArrayBuffer>;
  readonly wrappedKey: Uint8Array<ArrayBuffer>;
  readonly keyArn: string;
};

/** Seals at most 4096 bytes under a new data key. The caller zeroes `plaintext`. */
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
 * The key of this one message, once its header is known to be whole. Whoever holds it need neither the data key nor this
 * check again: both depend on the header alone.
 */
function messageKey({ messageId, header, headerTag, commitment }: Message, dataKey: Uint8Array): Uint8Array {
  // Commitment first: a ciphertext that opens under two keys must not open under either.
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

/** Of all that the key of a message depends on. */
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
  /** Rebuilt from where the record was found, never read from the blob. */
  readonly context: EncryptionContext;
  readonly allowedKeyArns: readonly string[];
  readonly wrapper: KeyWrapper;
  /** The live wrapped key, where the record has been wrapped under another master key since. */
  readonly wrappedKey?: WrappedKey | undefined;
  /** Without it the key service is asked on every use. */
  readonly keys?: DataKeyCache | undefined;
};

/**
 * The plaintext, which the caller zeroes. The key service is asked only for a message that stands where it
 * belongs.
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
