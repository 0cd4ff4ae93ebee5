import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createSecretMask } from '#shared/core/mask-secret.ts';
import { Secret } from '#shared/core/secret.ts';
import { ENCODINGS, revealed } from '#test/support/secret-encodings.ts';

const KEY = 'sk-proj-abc/def+ghi=jklmnopqrstu';
const mask = createSecretMask(new Secret(KEY));

const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const anyKey = fc.noBias(fc.string({ unit: printable, minLength: 16, maxLength: 80 }));
/** Rounds of one property. */
const numRuns = 3000;

const encoded = (key: string) =>
  fc
    .tuple(fc.constantFrom(...ENCODINGS), fc.noBias(fc.array(fc.nat(999), { minLength: 97, maxLength: 97 })))
    .map(([encode, choices]) => {
      let count = 0;
      const next = () => {
        count += 1;
        return choices[count % choices.length] ?? 0;
      };
      return encode(key, next);
    });

/** A document, a text in it, and how many strings of JSON are around that text. */
const placed = (text: string) =>
  fc
    .record({
      before: fc.string({ maxLength: 8 }),
      after: fc.string({ maxLength: 8 }),
      place: fc.constantFrom('value', 'name', 'item'),
      depth: fc.nat(3),
      around: fc.jsonValue({ maxDepth: 2 }),
    })
    .map(({ before, after, place, depth, around }) => {
      const said = `${before}${text}${after}`;
      const holders = { value: { a: around, b: said }, name: { [said]: around }, item: [around, said, 1] };
      let document: unknown = holders[place];
      for (let count = 0; count < depth; count += 1) document = { json: JSON.stringify(document) };
      return document;
    });

describe('a mask of a secret', () => {
  it('leaves no encoding of a random key visible at a random place of a random document', () => {
    const cases = anyKey.chain((key) =>
      encoded(key).chain((text) => fc.record({ key: fc.constant(key), document: placed(text) })),
    );
    fc.assert(
      fc.property(cases, ({ key, document }) => {
        const masked = createSecretMask(new Secret(key)).json(document);
        expect(revealed(JSON.stringify(masked), key)).toBe(false);
      }),
      { numRuns },
    );
  });

  it('leaves less than half of it visible in a text that is cut at any byte', () => {
    const cases = anyKey.chain((key) =>
      encoded(key)
        .chain(placed)
        .chain((document) => {
          const text = JSON.stringify(document);
          return fc.record({
            key: fc.constant(key),
            text: fc.nat(text.length).map((at) => text.slice(0, at)),
          });
        }),
    );
    fc.assert(
      fc.property(cases, ({ key, text }) => {
        expect(revealed(createSecretMask(new Secret(key)).text(text), key)).toBe(false);
      }),
      { numRuns },
    );
  });

  it('returns any document without the secret as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (document) => {
        expect(mask.json(document)).toEqual(document);
        expect(mask.isIn(document)).toBe(false);
      }),
    );
  });

  it.each([
    ['a value', { a: [{ b: `x${KEY}y` }] }, { a: [{ b: 'x[redacted]y' }] }],
    ['a name', { [`x${KEY}`]: 1 }, { 'x[redacted]': 1 }],
    [
      'names that are the same without it, which keep their values',
      { [KEY]: 1, [encodeURIComponent(KEY)]: 2, '[redacted]': 3, '[redacted] 2': 4 },
      { '[redacted] 3': 1, '[redacted] 4': 2, '[redacted]': 3, '[redacted] 2': 4 },
    ],
    ['JSON in a string', { a: JSON.stringify({ b: [KEY] }) }, { a: '{"b":["[redacted]"]}' }],
    [
      'JSON in a string, escaped once more',
      { a: JSON.stringify({ b: KEY }).replace('sk', String.raw`\u0073\u006B`) },
      { a: '{"b":"[redacted]"}' },
    ],
    ['the bytes of a list', { a: [...Buffer.from(`x${KEY}`)] }, { a: [...Buffer.from('x[redacted]')] }],
    [
      'texts of a list that only spell it together',
      [{ text: `a${KEY.slice(0, 9)}` }, { type: 'text' }, { text: `${KEY.slice(9)}z` }],
      [{ text: 'a[redacted]' }, { type: 'text' }, { text: 'z' }],
    ],
    ['half of it', `${KEY.slice(0, 16)}…`, '[redacted]…'],
    ['a text that quotes less than half of it', KEY.slice(0, 15), KEY.slice(0, 15)],
    ['a name that could reach a prototype', JSON.parse('{"__proto__":"x"}'), JSON.parse('{"__proto__":"x"}')],
  ])('masks %s', (_kind, document, expected) => {
    expect(mask.json(document)).toEqual(expected);
  });

  it('masks overlapping occurrences as one', () => {
    const periodic = createSecretMask(new Secret('abcabcab-abcabcab'));
    expect(periodic.text('abcabcab-abcabcab-abcabcab')).toBe('[redacted]');
  });

  it('masks a secret of digits that is written as a number', () => {
    const digits = createSecretMask(new Secret('1234567890123456'));
    expect(digits.json({ a: [1234567890123456, 12] })).toEqual({ a: ['[redacted]', 12] });
  });

  it('does not change what it was given', () => {
    const document = { a: [KEY, { b: KEY }] };
    mask.json(document);
    expect(document).toEqual({ a: [KEY, { b: KEY }] });
  });
});
