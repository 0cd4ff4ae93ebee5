import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { parseJson } from '#shared/core/scan-json.ts';

const refusal = (text: string): AppError => {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
};

describe('JSON from outside', () => {
  it('is parsed like JSON.parse does, whatever its strings hold', () => {
    const refusedName = /"(?:__proto__|constructor)":/;
    const small = fc.jsonValue({ maxDepth: 6 }).filter((value) => !refusedName.test(JSON.stringify(value)));
    fc.assert(
      fc.property(small, (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
      { examples: [['a"b\\'], [{ 'a"{[': '}],' }], [[[], {}, '\\\\"']]] },
    );
  });

  it.each([
    ['deeper than 32', '['.repeat(33) + ']'.repeat(33)],
    ['a million deep', '['.repeat(1_000_000)],
    ['of 400,000 keys', `{${Array.from({ length: 400_000 }, (_, n) => `"k${n}":1`).join(',')}}`],
    ['that names a field twice', '{"a":1,"a":2}'],
    ['that names a field twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['with __proto__', '{"__proto__":{}}'],
    ['with __proto__ escaped', '{"__pr\\u006fto__":{}}'],
    ['with constructor', '{"a":{"constructor":{"prototype":{}}}}'],
    ['that ends too early', '{"a":"sk-secret-in-here'],
    ['with a comma too many', '{"a":"sk-secret-in-here",}'],
    ['with a bad escape', '{"\\x":"sk-secret-in-here"}'],
    ['that is empty', ''],
  ])('%s is refused without being quoted', (_kind, text) => {
    const error = refusal(text);
    expect(error.code).toBe('invalid_input');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBeUndefined();
  });

  it('may repeat a name in different objects and as a value', () => {
    expect(parseJson('[{"a":"a"},{"a":{"a":"b"}}]')).toEqual([{ a: 'a' }, { a: { a: 'b' } }]);
  });

  it('may be 32 deep and no deeper', () => {
    const text = '['.repeat(32) + ']'.repeat(32);
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});
