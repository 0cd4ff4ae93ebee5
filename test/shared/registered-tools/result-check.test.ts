// T7: a result that deviates from its documented schema.
import { describe, expect, it } from 'vitest';

import { checkedResult } from '#shared/registered-tools/result-check.ts';

const outputSchema = {
  type: 'object',
  properties: { foo: { type: 'string' }, n: { type: 'integer' } },
  required: ['foo'],
};

describe('a result that deviates from its schema', () => {
  it.each<[unknown, unknown, string[]]>([
    [{ foo: null }, { foo: null }, ['foo must be string']],
    [{ foo: 'a', n: '5' }, { foo: 'a', n: '5' }, ['n must be integer']],
    [{ n: 1.5 }, { n: 1.5 }, ['foo is missing', 'n must be integer']],
    [['a'], { result: ['a'] }, ['The result is no object, as documented']],
    [null, { result: null }, ['The result is no object, as documented']],
    ['text', { result: 'text' }, ['The result is no object, as documented']],
  ])('is returned whole with a note of each deviation: %j', (result, output, notes) => {
    expect(checkedResult(result, { outputSchema })).toEqual({ output, notes });
  });

  it.each([{ foo: null }, {}, ['a'], null, undefined])(
    'fails the call where results are validated: %j',
    (one) => {
      expect(() => checkedResult(one, { outputSchema, results: 'validated' })).toThrow(
        expect.objectContaining({ code: 'upstream_malformed' }),
      );
    },
  );

  it('is not looked at where results are taken as they are', () => {
    expect(checkedResult({ foo: null }, { outputSchema, results: 'as_is' })).toEqual({
      output: { foo: null },
    });
  });

  it('has no note where it keeps its schema, or has none', () => {
    expect([checkedResult({ foo: 'a' }, { outputSchema }), checkedResult({ foo: 1 }, {})]).toEqual([
      { output: { foo: 'a' } },
      { output: { foo: 1 } },
    ]);
  });

  it('has notes on one line, whatever the names in it', () => {
    const schema = { type: 'object', additionalProperties: { type: 'string' } };
    const { notes } = checkedResult({ 'a\r\n\u202eb': 1 }, { outputSchema: schema });
    expect(notes).toEqual(['a b must be string']);
  });
});
