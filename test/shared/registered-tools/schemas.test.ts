import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { createRemovals } from '#shared/registered-tools/removals.ts';
import { lintSchema } from '#shared/registered-tools/schema-lint.ts';
import { checkSchema, validatorOf } from '#shared/registered-tools/validator.ts';

import { DECEPTIVE_SCHEMAS, HOSTILE_SCHEMAS } from './hostile-schemas.ts';

function linted(schema: unknown) {
  const removals = createRemovals();
  const clean = lintSchema(schema, 'input_schema', removals);
  checkSchema(clean, 'input_schema');
  return { clean, removed: removals.list().removed ?? [] };
}
const accepted = (schema: unknown) => validatorOf(linted(schema).clean);

describe('a schema from outside', () => {
  it.each(Object.entries(HOSTILE_SCHEMAS))('is rejected: %s', (_name, schema) => {
    const rejection = (() => {
      try {
        accepted(schema);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(rejection).toBeInstanceOf(AppError);
    expect(rejection).toMatchObject({
      code: 'invalid_input',
      details: { issues: [{ path: 'input_schema' }] },
    });
    expect(JSON.stringify((rejection as AppError).details).length).toBeLessThan(200);
  });

  it.each(Object.entries(DECEPTIVE_SCHEMAS))(
    'loses what could deceive, and the reviewer is shown the place: %s',
    (_name, { schema, left, removed }) => {
      const { clean, removed: notes } = linted(schema);
      expect(clean).toEqual({ type: 'object', properties: { a: left } });
      expect(notes.join('|')).toBe(removed);
    },
  );

  it('keeps emoji, joined letters and accents as they are, and cuts a description of 5,000 characters', () => {
    const description = 'Family \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u2764\uFE0F می\u200Cخواهم e\u0301';
    const kept = { type: 'object', properties: { a: { description } } };
    expect(linted(kept)).toEqual({ clean: kept, removed: [] });
    const { clean, removed } = linted({ type: 'object', description: 'x'.repeat(5000) });
    expect(clean['description']).toBe(`${'x'.repeat(3996)} […]`);
    expect(removed).toEqual(['input_schema.description: all beyond 4000 characters']);
  });

  it('that says nullable takes null, in its type and among its values', () => {
    const { clean } = linted({
      type: 'object',
      properties: {
        a: { type: 'string', nullable: true, enum: ['x'] },
        b: { type: 'string', nullable: false },
      },
    });
    expect(clean['properties']).toEqual({
      a: { type: ['string', 'null'], enum: ['x', null] },
      b: { type: 'string' },
    });
    expect(validatorOf(clean)({ a: null, b: 'x' })).toEqual([]);
    expect(validatorOf(clean)({ b: null })).toMatchObject([{ path: 'b' }]);
  });

  it('names at most fifty places to its reviewer', () => {
    const properties = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`p${n}`, { 'x-a': 1 }]));
    const { removed } = linted({ type: 'object', properties });
    expect([removed.length, removed.at(-1)]).toEqual([51, 'and 10 more']);
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
    expect(check({ day: 'secret' })).toEqual([
      { path: 'day', message: 'must match pattern "^\\d{4}-\\d{2}-\\d{2}$"' },
    ]);
    expect(check({ day: '2026-11-22', word: '2026-11-22' })).toMatchObject([{ path: 'word' }]);
    expect(check({ day: '2026-11-22', word: `${'a'.repeat(50_000)}!` })).toMatchObject([{ path: 'word' }]);
    expect(check({ day: '2026-11-22', list: [1, 1] })).toMatchObject([{ path: 'list' }]);
    expect(check({ day: '2026-11-22', list: [0] })).toMatchObject([{ path: 'list.0' }]);
    expect(check({ day: '2026-11-22', extra: 1 })).toMatchObject([
      { message: expect.stringContaining('unknown field') },
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
