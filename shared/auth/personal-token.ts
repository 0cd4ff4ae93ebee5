// The text of a personal access token: `ptn_`, the owner, the token's id, 192 random bits, and a checksum of all that. Owner and
// id name the row that is read; the checksum rejects a mistyped token without a read, and lets secret scanners be certain.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

import type { OwnerId } from '#shared/core/ids.ts';

import { personalSessionId } from './session-id.ts';
import { tokenRejected } from './token-rejection.ts';

const PREFIX = 'ptn_';
const RANDOM_BYTES = 24;
const ID_BYTES = 16;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^ptn_([A-Za-z0-9_-]{27})([A-Za-z0-9_-]{22})[A-Za-z0-9_-]{38}$/;

/** An access token of an issuer is a JWT, which begins with `ey`. */
export const isPersonalToken = (text: string): boolean => text.startsWith(PREFIX);

function checksumOf(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64url');
}

/** @returns the token's id and its text, which is not stored anywhere */
export function newPersonalToken(ownerId: OwnerId): { readonly id: string; readonly text: string } {
  const id = randomBytes(ID_BYTES).toString('base64url');
  const body = `${PREFIX}${ownerId}${id}${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  return { id: personalSessionId(id), text: `${body}${checksumOf(body)}` };
}

/** The row that the token names. @throws {AppError} `unauthenticated` for a wrong form or checksum */
export function parsePersonalToken(text: string): { readonly ownerId: OwnerId; readonly id: string } {
  const [, ownerId, id] = SHAPE.exec(text) ?? [];
  const sum = text.slice(-CHECKSUM_LENGTH);
  if (ownerId === undefined || id === undefined || checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== sum) {
    throw tokenRejected('token_checksum');
  }
  return { ownerId: ownerId as OwnerId, id: personalSessionId(id) };
}

/** Keyed, so that a write to the table alone cannot make a token. */
export const hashPersonalToken = (key: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

/** In constant time; both are hashes of one length. */
export const isSameHash = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
