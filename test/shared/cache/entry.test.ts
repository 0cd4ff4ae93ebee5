import { hkdfSync, randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createEntryCodec } from '#shared/cache/entry.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';

const cacheKey = randomBytes(32);
const place = { scope: 'a'.repeat(27), name: 'name' };
const bound = ['generations', '1'];
const located = ['cache', '1', place.scope, place.name, ...bound];

const sealOf = (scope: string) =>
  sealedRows(new Uint8Array(hkdfSync('sha256', cacheKey, scope, 'cache entries of a scope', 32)));

describe('the bytes of a cache entry', () => {
  it('open under the key of their own scope, and under no other even in the same place', () => {
    const sealed = createEntryCodec(cacheKey).encode(place, '"text"', bound);
    if (!sealed) throw new Error('The entry was not encoded.');
    expect(Buffer.from(sealOf(place.scope).open(sealed, located)).subarray(1).toString()).toBe('"text"');
    for (const scope of ['b'.repeat(27), '']) {
      expect(() => sealOf(scope).open(sealed, located)).toThrow(
        expect.objectContaining({ code: 'integrity_failed' }),
      );
    }
  });

  it.each(['"short"', JSON.stringify('long '.repeat(10_000))])(
    'are read back as they were written',
    (json) => {
      const codec = createEntryCodec(cacheKey);
      const sealed = codec.encode(place, json, bound);
      expect(sealed && codec.decode(place, sealed, bound)).toBe(json);
    },
  );
});
