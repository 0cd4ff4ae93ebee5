// Byte layout of a message: AWS Encryption SDK message format 2, suite 0x0478, one data key, one frame. Encryption and
// decryption are in message.ts.
import { sized } from './context-bytes.ts';
import { TAG_LENGTH } from './aead.ts';
import { integrityFailure } from './integrity.ts';

export const SUITE = Buffer.from('0478', 'hex');
export const FRAME_LENGTH = 4096;
const IV_LENGTH = 12;

const VERSION = Buffer.from('02', 'hex');
const ONE_KEY = Buffer.from('0001', 'hex');
const PROVIDER = sized('aws-kms');
const FRAMED = Buffer.from('0200001000', 'hex'); // content type 2, frame length 4096
const FINAL_FRAME = Buffer.from('ffffffff00000001', 'hex'); // the mark of the last frame, sequence number 1
const ID_LENGTH = 32;
const COMMITMENT_LENGTH = 32;

/** A data key encrypts one message, so its one frame can always have the same number. */
export const FRAME_IV = Buffer.from('000000000000000000000001', 'hex');
export const HEADER_IV = Buffer.alloc(IV_LENGTH);

export type Header = {
  readonly messageId: Uint8Array;
  readonly context: Uint8Array;
  readonly keyArn: string;
  readonly wrapped: Uint8Array;
  readonly commitment: Uint8Array;
};

export type Message = Header & {
  /** Header fields without the tag. */
  readonly header: Uint8Array;
  readonly headerTag: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
};

/** Bytes that the header tag authenticates. */
export const headerBytes = ({ messageId, context, keyArn, wrapped, commitment }: Header): Buffer =>
  Buffer.concat([
    VERSION,
    SUITE,
    messageId,
    sized(context),
    ONE_KEY,
    PROVIDER,
    sized(keyArn),
    sized(wrapped),
    FRAMED,
    commitment,
  ]);

export const messageBytes = ({ header, headerTag, ciphertext, tag }: Omit<Message, keyof Header>) =>
  Buffer.concat([header, headerTag, FINAL_FRAME, FRAME_IV, u32(ciphertext.length), ciphertext, tag]);

/** Additional authenticated data of the frame. */
export const frameBytes = (messageId: Uint8Array, contentLength: number): Buffer =>
  Buffer.concat([
    messageId,
    Buffer.from('AWSKMSEncryptionClient Final Frame'),
    u32(1),
    u32(0),
    u32(contentLength),
  ]);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Sequential reader; missing, different or surplus bytes are integrity failures. */
function createReader(blob: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > blob.length) throw integrityFailure('format');
    at += length;
    return blob.subarray(at - length, at);
  };
  return {
    take,
    sized: () => take(take(2).readUInt16BE()),
    expect(bytes: Buffer) {
      if (!take(bytes.length).equals(bytes)) throw integrityFailure('format');
    },
    position: () => at,
    end() {
      if (at !== blob.length) throw integrityFailure('format');
    },
  };
}

/** @throws {AppError} `integrity_failed` unless all lengths are exact and no bytes remain */
export function parseMessage(bytes: Uint8Array): Message {
  const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = createReader(blob);
  read.expect(VERSION);
  read.expect(SUITE);
  const messageId = read.take(ID_LENGTH);
  const context = read.sized();
  read.expect(ONE_KEY);
  read.expect(PROVIDER);
  const keyArn = read.sized().toString('latin1');
  const wrapped = read.sized();
  read.expect(FRAMED);
  const commitment = read.take(COMMITMENT_LENGTH);
  const header = blob.subarray(0, read.position());
  const headerTag = read.take(TAG_LENGTH);
  read.expect(FINAL_FRAME);
  read.expect(FRAME_IV);
  const length = read.take(4).readUInt32BE();
  if (length > FRAME_LENGTH) throw integrityFailure('format');
  const ciphertext = read.take(length);
  const tag = read.take(TAG_LENGTH);
  read.end();
  return { messageId, context, keyArn, wrapped, commitment, header, headerTag, ciphertext, tag };
}
