import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { lintSchema } from '#shared/upstream/schema-lint.ts';
import { checkSchema, validatorOf } from '#shared/upstream/validator.ts';

import { HOSTILE_SCHEMAS } from './hostile-schemas.ts';

const accepted = (schema: unknown) => {
  const clean = lintSchema(schema, 'input_schema');
  checkSchema(clean, 'input_schema');
  return validatorOf(clean);
};

describe('a schema from outside', () => {
  it.each(Object.entries(HOSTILE_SCHEMAS))('is refused: %s', (_name, schema) => {
    const refusal = (() => {
      try {
        accepted(schema);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ code: 'invalid_input', details: { issues: [{ path: 'input_schema' }] } });
    expect(JSON.stringify((refusal as AppError).details).length).toBeLessThan(200);
  });

  it('is applied, pattern by pattern, with the place and the rule of what is wrong and never the value', () => {
    const check = accepted({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://portunus.example/one',
      type: 'object',
      properties: {
        day: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
        word: { type: 'string', pattern: '^(a+)+$' },
        list: { type: 'array', items: { $ref: '#/definitions/item' }, uniqueItems: true },
      },
      definitions: { item: { type: 'integer', minimum: 1 } },
      required: ['day'],
      additionalProperties: false,
    });
    expect(check({ day: '2026-11-22', word: 'aaa', list: [1, 2] })).toEqual([]);
    expect(check({ day: 'secret' })).toEqual([{ path: 'day', message: 'does not have the required form' }]);
    expect(check({ day: '2026-11-22', word: '2026-11-22' })).toMatchObject([{ path: 'word' }]);
    expect(check({ day: '2026-11-22', word: `${'a'.repeat(50_000)}!` })).toMatchObject([{ path: 'word' }]);
    expect(check({ day: '2026-11-22', list: [1, 1] })).toMatchObject([{ path: 'list' }]);
    expect(check({ day: '2026-11-22', list: [0] })).toMatchObject([{ path: 'list.0' }]);
    expect(check({ day: '2026-11-22', extra: 1 })).toMatchObject([
      { message: expect.stringContaining('not known') },
    ]);
    expect(check({})).toEqual([{ path: 'day', message: 'is missing' }]);
  });

  it('does not take what every object inherits for a property', () => {
    const check = accepted({
      type: 'object',
      properties: { toString: { type: 'string' } },
      required: ['toString'],
    });
    expect(check({})).toMatchObject([{ message: 'is missing' }]);
    expect(check({ toString: 'x' })).toEqual([]);
  });

  it('cannot loosen another by bearing its name', () => {
    const $id = 'https://portunus.example/same';
    const strict = accepted({ $id, type: 'object', required: ['a'] });
    const loose = accepted({ $id, type: 'object' });
    expect(strict({})).toHaveLength(1);
    expect(loose({})).toEqual([]);
  });
});
