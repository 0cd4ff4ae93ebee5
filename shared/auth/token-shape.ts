// Structural checks of a token before any key is used: only the canonical encoding is accepted.
import * as z from 'zod/mini';

import { parseJson } from '#shared/core/scan-json.ts';

import { tokenRejected } from './token-rejection.ts';

const MAX_LENGTH = 8192;
/** An unused claim may hold any number; malformed text is rejected where it is read. */
const CLAIMS = { depth: 32, nodes: 5000, values: 'unchecked' } as const;
const PART = /^[A-Za-z0-9_-]+$/;

const Header = z.looseObject({
  alg: z.string(),
  kid: z.string().check(z.regex(/^[A-Za-z0-9_\-=+/.]{1,128}$/)),
  typ: z.optional(z.string().check(z.maxLength(64))),
});
type Header = z.infer<typeof Header>;

/** Unverified content of the token. */
export type TokenShape = { readonly header: Header; readonly claims: Readonly<Record<string, unknown>> };

/** Canonical base64url: the only encoding of these bytes, without padding or non-zero trailing bits. */
export function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (!PART.test(part) || bytes.toString('base64url') !== part) throw tokenRejected('token_malformed');
  return bytes;
}

/** Object without a prototype, from JSON without duplicate names. */
function parseObject(part: string): Record<string, unknown> {
  const bytes = decodePart(part);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const object = z.record(z.string(), z.unknown()).parse(parseJson(text, CLAIMS));
    return Object.assign(Object.create(null) as Record<string, unknown>, object);
  } catch {
    throw tokenRejected('token_malformed'); // no `cause`: it may quote the token
  }
}

/** @throws {AppError} `unauthenticated` */
export function readToken(token: string): TokenShape {
  const parts = token.split('.', 4);
  const [header, claims, signature] = parts;
  if (token.length > MAX_LENGTH || parts.length !== 3 || !header || !claims || !signature) {
    throw tokenRejected('token_malformed');
  }
  decodePart(signature);
  const parsed = Header.safeParse(parseObject(header));
  if (!parsed.success) throw tokenRejected('token_header');
  return { header: parsed.data, claims: parseObject(claims) };
}

const KNOWN_HEADERS = new Set(['alg', 'kid', 'typ']);

/**
 * Rejects every header that could choose the key or change the meaning: jwk, jku, x5u, crit, b64, zip, cty and others.
 * @throws {AppError} `unauthenticated`
 */
export function checkHeaderNames(header: Header, ignored: readonly string[]): void {
  const unknown = Object.keys(header).filter((name) => !KNOWN_HEADERS.has(name) && !ignored.includes(name));
  if (unknown.length > 0) throw tokenRejected('token_header');
}
