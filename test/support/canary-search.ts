// Search for any part of a secret, in every encoding in which a program may write it. Written apart from the code that masks and scans.
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Shortest part that counts: longer than the last four characters, which may be shown. */
const PART = 12;

const partsOf = (text: string): string[] =>
  Array.from({ length: text.length - PART - 3 }, (_, at) => text.slice(at, at + PART));
const each = (text: string, encode: (char: string) => string): string => Array.from(text, encode).join('');
const hexOf = (char: string) => char.charCodeAt(0).toString(16).padStart(2, '0');
const upper = (char: string) => hexOf(char).toUpperCase();

/** Base64 of a text at this offset modulo three, without the characters that depend on its neighbours. */
const base64At = (text: string, pad: number, format: 'base64' | 'base64url'): string =>
  Buffer.from('x'.repeat(pad) + text)
    .toString(format)
    .replaceAll('=', '')
    .slice(pad === 0 ? 0 : 4, -3);

/** Encodings of a part, each as the texts to look for. */
const ENCODERS: Readonly<Record<string, (part: string) => string[]>> = {
  plain: (part) => [part],
  reversed: (part) => [Array.from(part).toReversed().join('')],
  base64: (part) => [0, 1, 2].map((pad) => base64At(part, pad, 'base64')),
  base64url: (part) => [0, 1, 2].map((pad) => base64At(part, pad, 'base64url')),
  hex: (part) => [each(part, hexOf), each(part, upper)],
  percent: (part) => [each(part, (char) => `%${hexOf(char)}`), each(part, (char) => `%${upper(char)}`)],
  'JSON escape': (part) => [
    each(part, (char) => `\\u00${hexOf(char)}`),
    each(part, (char) => `\\u00${upper(char)}`),
  ],
  'JSON escape in JSON': (part) => [each(part, (char) => `\\\\u00${hexOf(char)}`)],
  HTML: (part) => [
    each(part, (char) => `&#${char.charCodeAt(0)};`),
    each(part, (char) => `&#x${hexOf(char)};`),
  ],
  'UTF-16': (part) => [each(part, (char) => `${char}\0`).slice(0, -1)],
};

/** Byte arrays as JSON, as `Buffer` and `Uint8Array` are written by accident. */
const bytesAsJson = (part: string) => Array.from(part, (char) => char.charCodeAt(0)).join(',');

const COMPRESSED = /H4sI[A-Za-z0-9+/_-]{20,}|eJ[A-Za-z0-9+/_-]{20,}/g;
const GZIP_HEADER_BYTES = 10;
/** A gzip member with other bytes behind it. */
const gunzipFrom = (bytes: Buffer, options: object): Buffer =>
  inflateRawSync(bytes.subarray(GZIP_HEADER_BYTES), { ...options, finishFlush: constants.Z_SYNC_FLUSH });
const inflaters = [gunzipSync, gunzipFrom, inflateSync, brotliDecompressSync];

function inflated(bytes: Buffer): string[] {
  return inflaters.flatMap((inflate) => {
    try {
      return inflate(bytes, { maxOutputLength: 16 * 1024 * 1024 }).toString('latin1');
    } catch {
      return []; // of another format
    }
  });
}

/** The texts in which a part may stand: the text itself, and what its compressed runs contain. */
function* layersOf(text: string): Generator<readonly [string, string]> {
  yield ['', text];
  for (const [run] of text.matchAll(COMPRESSED))
    for (const layer of inflated(Buffer.from(run, 'base64'))) yield ['compressed ', layer];
  for (let at = text.indexOf('\x1f\x8b'); at >= 0; at = text.indexOf('\x1f\x8b', at + 1))
    for (const layer of inflated(Buffer.from(text.slice(at, at + 1024 * 1024), 'latin1')))
      yield ['compressed ', layer];
}

/** A finder of one secret: the encodings in which at least twelve of its characters stand in a text (bytes as latin1). */
export function canaryFinder(secret: string): (text: string) => string[] {
  const forms = Object.entries(ENCODERS).map(([name, encode]) => {
    // In base64 a part is found at its alignment only from twice its length on.
    const parts = name.startsWith('base64') ? [secret] : partsOf(secret);
    return [name, [...new Set(parts.flatMap(encode))]] as const;
  });
  const arrays = partsOf(secret).map(bytesAsJson);
  const namesIn = (text: string) => [
    ...forms.flatMap(([name, texts]) => (texts.some((one) => text.includes(one)) ? [name] : [])),
    ...(arrays.some((one) => text.includes(one)) ? ['byte array'] : []),
  ];
  return (text) =>
    [...layersOf(text)].flatMap(([prefix, layer]) => namesIn(layer).map((name) => prefix + name));
}

/** One way to write a secret for each encoding that the finder knows: positive controls. */
export const LEAKS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => `key=${secret}`,
  'a part': (secret) => secret.slice(4, 4 + PART),
  reversed: (secret) => Array.from(secret).toReversed().join(''),
  base64: (secret) => Buffer.from(`{"k":"${secret}"}`).toString('base64'),
  'base64 at another offset': (secret) => Buffer.from(`a ${secret}`).toString('base64'),
  base64url: (secret) => Buffer.from(`??>${secret}`).toString('base64url'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'upper-case hex': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  percent: (secret) => each(secret, (char) => `%${upper(char)}`),
  'JSON escape': (secret) => each(secret, (char) => `\\u00${hexOf(char)}`),
  HTML: (secret) => each(secret, (char) => `&#${char.charCodeAt(0)};`),
  'UTF-16': (secret) => Buffer.from(secret, 'utf16le').toString('latin1'),
  'byte array': (secret) => JSON.stringify(Buffer.from(secret)),
};
