import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { parseJson } from '#shared/core/scan-json.ts';

const outcome = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch (error) {
    return error;
  }
};

const rejection = (text: string): AppError => {
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
    const rejectedName = /"__proto__":/;
    const small = fc.jsonValue({ maxDepth: 6 }).filter((value) => !rejectedName.test(JSON.stringify(value)));
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
    ['that ends too early', '{"a":"sk-secret-in-here'],
    ['with a comma too many', '{"a":"sk-secret-in-here",}'],
    ['with a bad escape', '{"\\x":"sk-secret-in-here"}'],
    ['that is empty', ''],
  ])('%s is rejected without being quoted', (_kind, text) => {
    const error = rejection(text);
    expect(error.code).toBe('invalid_input');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBeUndefined();
  });

  it('has well-formed text and names, whatever halves of characters it was written with', () => {
    const isSound = (value: unknown): boolean =>
      typeof value === 'string'
        ? value.isWellFormed()
        : typeof value !== 'object' ||
          value === null ||
          Object.entries(value).every(([name, one]) => name.isWellFormed() && isSound(one));
    const text = fc.string({
      unit: fc.integer({ min: 0xd7f0, max: 0xe010 }).map((unit) => String.fromCharCode(unit)),
    });
    const anything = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.array(tie('value')),
        fc.dictionary(text, tie('value')),
      ),
    })).value;
    fc.assert(
      fc.property(anything, (value) => {
        const result = outcome(JSON.stringify(value));
        // Two names that became one are a name given twice.
        const isTwice = result instanceof AppError && result.message === 'The body names a field twice.';
        expect(isTwice || isSound(result)).toBe(true);
      }),
    );
    expect(parseJson('["cut \\ud83d","\\ud83d\\ude00",{"\\udc00":1}]')).toEqual([
      'cut \ufffd',
      '😀',
      { '\ufffd': 1 },
    ]);
  });

  it('keeps every integer as it was written, or is rejected: never another number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (integer) => {
        const text = `{"id":${integer}}`;
        const result = outcome(text);
        const { id = 0 } = result as { id?: number };
        const isKept = BigInt(id) === integer || String(id) === String(integer);
        expect(isKept || (result instanceof AppError && result.message.includes('"id"'))).toBe(true);
      }),
      {
        examples: [
          [725653563933458433n],
          [2n ** 53n + 1n],
          [-(2n ** 53n) - 1n],
          [2n ** 63n],
          [2n ** 63n - 1n],
        ],
      },
    );
    for (const text of ['[725653563933458433]', '[9007199254740993.0]', '[1e400]', '[-1e999]']) {
      expect(rejection(text).code).toBe('invalid_input');
    }
  });

  it.each(['"725653563933458433"', '0.12345678901234567', '1e21', '12345678901234567890e-5', '-0'])(
    'takes %s, which is no integer that would be changed',
    (text) => {
      expect(parseJson(`[${text}]`)).toEqual(JSON.parse(`[${text}]`));
    },
  );

  it('takes the largest 64-bit integers as the bound of a schema, and nowhere else', () => {
    for (const integer of ['9223372036854775807', '18446744073709551615']) {
      expect(parseJson(`{"maximum":${integer}}`)).toEqual({ maximum: Number(integer) });
      expect(rejection(`{"id":${integer}}`).code).toBe('invalid_input');
    }
  });

  it('does not repeat a field name that may be a key in the wrong place', () => {
    expect(rejection('{"sk-secret-in-here-abcdefghijklmnop":725653563933458433}').message).not.toContain(
      'secret',
    );
  });

  it('may hold rounded numbers where they are not handed on', () => {
    const bounds = { depth: 32, nodes: 100, values: 'rounded' } as const;
    expect(parseJson('[725653563933458433]', bounds)).toEqual([Number('725653563933458433')]);
  });

  it('may have a field called constructor, which reaches no prototype', () => {
    const parsed = parseJson('{"constructor":{"prototype":{"polluted":true}}}');
    expect(Object.hasOwn(parsed as object, 'constructor')).toBe(true);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  it('may repeat a name in different objects and as a value', () => {
    expect(parseJson('[{"a":"a"},{"a":{"a":"b"}}]')).toEqual([{ a: 'a' }, { a: { a: 'b' } }]);
  });

  it('may be 32 deep and no deeper', () => {
    const text = '['.repeat(32) + ']'.repeat(32);
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});
