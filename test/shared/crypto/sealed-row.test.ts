import { describe, expect, it } from 'vitest';

import { Secret } from '#shared/core/secret.ts';
import { PURPOSES, purposeKey } from '#shared/crypto/purpose-key.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';

const secret = new Secret('a'.repeat(64));
const rows = sealedRows(purposeKey(secret, 'issuer-keys'));
const bound = ['JWKS#https://issuer.example', '2026-01-01T00:00:00.000Z'];
const text = new TextEncoder().encode('{"keys":[]}');

describe('keys per purpose', () => {
  it('are the same in every instance, and another one for every purpose and stage', () => {
    const keys = PURPOSES.flatMap((purpose) =>
      [secret, new Secret('b'.repeat(64))].map((one) =>
        Buffer.from(purposeKey(one, purpose)).toString('hex'),
      ),
    );
    expect(new Set(keys).size).toBe(PURPOSES.length * 2);
    expect(purposeKey(secret, 'issuer-keys')).toEqual(purposeKey(secret, 'issuer-keys'));
    expect(keys.every((key) => key.length === 64)).toBe(true);
  });

  it('are not derived from a secret that could be guessed', () => {
    expect(() => purposeKey(new Secret('a'.repeat(42)), 'issuer-keys')).toThrow('too short');
  });
});

describe('a sealed row', () => {
  it('opens where it was sealed for, and never looks the same twice', () => {
    const sealed = rows.seal(text, bound);
    expect(new TextDecoder().decode(rows.open(sealed, bound))).toBe('{"keys":[]}');
    expect(rows.seal(text, bound)).not.toEqual(sealed);
    expect(rows.open(rows.seal(new Uint8Array(), []), [])).toHaveLength(0);
  });

  it.each([
    ['another place', ['JWKS#https://other.example', bound[1] ?? '']],
    ['a later end', [bound[0] ?? '', '2027-01-01T00:00:00.000Z']],
    ['names cut elsewhere', [bound.join('')]],
    ['one name more', [...bound, '']],
  ])('does not open for %s', (_what, other) => {
    expect(() => rows.open(rows.seal(text, bound), other)).toThrow(
      expect.objectContaining({ code: 'integrity_failed' }),
    );
  });

  it('does not open under the key of another purpose', () => {
    const others = sealedRows(purposeKey(secret, 'idempotency-replies'));
    expect(() => others.open(rows.seal(text, bound), bound)).toThrow(
      expect.objectContaining({ code: 'integrity_failed' }),
    );
  });

  it('does not open with any bit flipped, cut at any byte, or longer', () => {
    const sealed = rows.seal(text, bound);
    const flipped = Array.from({ length: sealed.length * 8 }, (_, bit) => {
      const copy = Uint8Array.from(sealed);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return copy;
    });
    const cut = Array.from({ length: sealed.length }, (_, length) => sealed.subarray(0, length));
    for (const forged of [...flipped, ...cut, Uint8Array.from([...sealed, 0])]) {
      expect(() => rows.open(forged, bound)).toThrow(expect.objectContaining({ code: 'integrity_failed' }));
    }
  });
});
