// Bytes of a cache entry: JSON, compressed where that is shorter, sealed under a key of its scope.
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { hkdfSync } from 'node:crypto';

import { type SealedRows, sealedRows } from '#shared/crypto/sealed-row.ts';

/** A row of DynamoDB holds 400 KB; its other attributes need a share. */
const MAX_SEALED_BYTES = 300 * 1024;
/** The largest value that is compressed. A compressed one is bounded again when it is read. */
const MAX_PLAIN_BYTES = 4 * 1024 * 1024;
/** Shorter values gain nothing from compression. */
const COMPRESS_FROM_BYTES = 2048;

const PLAIN = 0;
const BROTLI = 1;

/** Location of an entry: its scope (`PUBLIC`, or the id of its owner), and its name within. */
export type EntryPlace = { readonly scope: string; readonly name: string };

function pack(json: Buffer): Buffer {
  if (json.length < COMPRESS_FROM_BYTES) return Buffer.concat([Buffer.of(PLAIN), json]);
  // Level 4: about gzip's time, with a better ratio. The default takes 50 times as long.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4 };
  return Buffer.concat([Buffer.of(BROTLI), brotliCompressSync(json, { params })]);
}

function unpack(packed: Uint8Array): Buffer {
  const content = Buffer.from(packed.buffer, packed.byteOffset + 1, packed.byteLength - 1);
  return packed[0] === BROTLI ? brotliDecompressSync(content, { maxOutputLength: MAX_PLAIN_BYTES }) : content;
}

export type EntryCodec = {
  /** Undefined if the value is too large to be stored. @param bound values of the row that decide whether it is valid */
  readonly encode: (place: EntryPlace, json: string, bound: readonly string[]) => Uint8Array | undefined;
  /** @throws {AppError} `integrity_failed` for a forged, moved or changed entry */
  readonly decode: (place: EntryPlace, sealed: Uint8Array, bound: readonly string[]) => string;
};

const FORMAT = '1';
/** Seals of recent scopes, each with a derived key. */
const MAX_SEALS = 100;

const located = ({ scope, name }: EntryPlace, bound: readonly string[]) => [
  'cache',
  FORMAT,
  scope,
  name,
  ...bound,
];

export function createEntryCodec(cacheKey: Uint8Array): EntryCodec {
  const seals = new Map<string, SealedRows>();

  function sealOf(scope: string): SealedRows {
    const known = seals.get(scope);
    if (known) return known;
    const own = new Uint8Array(hkdfSync('sha256', cacheKey, scope, 'cache entries of a scope', 32));
    const [oldest] = seals.keys();
    if (seals.size >= MAX_SEALS && oldest !== undefined) seals.delete(oldest);
    const made = sealedRows(own);
    seals.set(scope, made);
    return made;
  }

  return {
    encode(place, json, bound) {
      const bytes = Buffer.from(json);
      if (bytes.length > MAX_PLAIN_BYTES) return undefined;
      const packed = pack(bytes);
      if (packed.length > MAX_SEALED_BYTES) return undefined;
      return sealOf(place.scope).seal(packed, located(place, bound));
    },
    decode: (place, sealed, bound) =>
      unpack(sealOf(place.scope).open(sealed, located(place, bound))).toString(),
  };
}
