// A body of multipart/form-data (RFC 7578), of parts of text and JSON.
import { createHash } from 'node:crypto';

import type { BodyEncoding } from '#shared/tools/registered.ts';

import { Unsendable } from './query.ts';

type Part = { readonly name: string; readonly type?: string; readonly text: string };

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

function toMultipartPart(name: string, value: unknown, isJson: boolean): Part {
  const text = isJson || typeof value !== 'string' ? JSON.stringify(value) : value;
  if (!text.isWellFormed() || !name.isWellFormed()) throw new Unsendable();
  return { name, text, ...(isJson && { type: 'application/json' }) };
}

/** OpenAPI's defaults: plain values as text, objects as JSON, a list as a part for each of its values. */
function toMultipartParts(name: string, value: unknown, { json = false }: BodyEncoding): Part[] {
  if (json || !Array.isArray(value)) return [toMultipartPart(name, value, json || typeof value === 'object')];
  return value.filter(isPresent).map((one) => toMultipartPart(name, one, typeof one === 'object'));
}

/** As browsers write a name into a header. */
const quoted = (name: string): string =>
  name.replaceAll(/["\r\n]/g, (character) => encodeURIComponent(character));

/** @throws {Unsendable} */
export function multipartOf(
  body: unknown,
  encoding: Readonly<Record<string, BodyEncoding>> = {},
): { readonly type: string; readonly body: string } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Unsendable();
  const given = Object.entries(body).filter(([, value]) => isPresent(value));
  const parts = given.flatMap(([name, value]) => [
    ...toMultipartParts(name, value, Object.hasOwn(encoding, name) ? (encoding[name] ?? {}) : {}),
  ]);
  // No text can contain its own hash.
  const boundary = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  const written = parts.map(
    ({ name, type, text }) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"\r\n${type ? `content-type: ${type}\r\n` : ''}\r\n${text}\r\n`,
  );
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: `${written.join('')}--${boundary}--\r\n`,
  };
}
