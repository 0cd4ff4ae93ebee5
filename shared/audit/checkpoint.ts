// Checkpoints of the audit log: C2SP tlog-checkpoint text in a C2SP signed note, signed with ECDSA P-256. docs/formats.md has
// the format.
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';

import * as z from 'zod';

export type Checkpoint = {
  /** Name of the log and of its key. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly time: string;
  /** SHA-256 of the previous signed note, in hex; zeros for the first. */
  readonly previous: string;
  /** SHA-256 of the writers' heads in canonical JSON, in hex. */
  readonly heads: string;
};

export const NO_PREVIOUS = '0'.repeat(64);

/** @param spki public key in DER, as KMS returns it */
const keyId = (spki: Buffer): Buffer => hash('sha256', spki, 'buffer').subarray(0, 4);

const TEXT =
  /^(?<origin>[^\s+]+)\n(?<size>0|[1-9]\d{0,14})\n(?<root>[A-Za-z0-9+/]{43}=)\ntime (?<time>[0-9TZ:.-]{24})\nprevious (?<previous>[0-9a-f]{64})\nheads (?<heads>[0-9a-f]{64})\n$/;
const SIGNATURE = /^— (?<name>[^\s+]+) (?<value>[A-Za-z0-9+/]+={0,2})\n$/;

const Fields = z.object({
  origin: z.string(),
  size: z.coerce.number(),
  root: z.string().transform((text) => Buffer.from(text, 'base64')),
  time: z.string(),
  previous: z.string(),
  heads: z.string(),
});

/** Text of a checkpoint: the bytes that are signed. */
export const checkpointText = ({ origin, size, root, time, previous, heads }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\ntime ${time}\nprevious ${previous}\nheads ${heads}\n`;

/** @param signature ECDSA over SHA-256 of the text, in DER */
export const signedNote = (text: string, key: { origin: string; spki: Buffer }, signature: Buffer): string =>
  `${text}\n— ${key.origin} ${Buffer.concat([keyId(key.spki), signature]).toString('base64')}\n`;

/** SHA-256 of a signed note, in hex, as the next checkpoint names it. */
export const noteHash = (note: string): string => hash('sha256', note, 'hex');

export type CheckpointKey = { readonly origin: string; readonly spki: Buffer; readonly key: KeyObject };

/** @param publicKey SPKI, as PEM or DER. @throws for anything but a P-256 key */
export function checkpointKey(origin: string, publicKey: string | Buffer): CheckpointKey {
  const key =
    typeof publicKey === 'string'
      ? createPublicKey(publicKey)
      : createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('The key is not a P-256 key.');
  return { origin, spki: key.export({ format: 'der', type: 'spki' }), key };
}

/** Undefined unless the note has the exact form, the origin of the key, and a valid signature of it. */
export function openNote(note: string, { origin, spki, key }: CheckpointKey): Checkpoint | undefined {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const signature = SIGNATURE.exec(note.slice(end + 2))?.groups;
  const fields = TEXT.exec(text)?.groups;
  if (!fields || signature?.['name'] !== origin || fields['origin'] !== origin) return undefined;
  const value = Buffer.from(signature['value'] ?? '', 'base64');
  if (!value.subarray(0, 4).equals(keyId(spki))) return undefined;
  if (!verify('sha256', Buffer.from(text), { key, dsaEncoding: 'der' }, value.subarray(4))) return undefined;
  return Fields.parse(fields);
}
