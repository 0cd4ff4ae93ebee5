// T3: arguments that a model wrote as text.
import { describe, expect, it } from 'vitest';

import { coerced } from '#shared/tools/coerce.ts';
import { loadBuiltIn } from '#shared/tools/load-built-in.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { writeSchemas } from '#shared/tools/tool-schemas.ts';

const of = (field: object, more: object = {}) => ({ type: 'object', properties: { a: field }, ...more });
const read = (a: unknown, field: object, more: object = {}) =>
  (coerced({ a }, of(field, more)) as { a: unknown }).a;

describe('text where the schema takes no text', () => {
  it.each<[string, object, unknown]>([
    ['5', { type: 'integer' }, 5],
    ['-2.5', { type: 'number' }, -2.5],
    ['true', { type: 'boolean' }, true],
    ['False', { type: 'boolean' }, false],
    ['["a"]', { type: 'array', items: { type: 'string' } }, ['a']],
    ['["5", "6"]', { type: 'array', items: { type: 'integer' } }, [5, 6]],
    ['{"b": 1}', { type: 'object' }, { b: 1 }],
    ['null', { type: ['integer', 'null'] }, null],
    ['7', { anyOf: [{ type: 'integer' }, { type: 'null' }] }, 7],
    ['7', { allOf: [{ type: 'integer' }] }, 7],
    ['2', { enum: [1, 2, 3] }, 2],
    ['3', { $ref: '#/$defs/n' }, 3],
  ])('%j for %j is read as the value that it spells', (text, field, value) => {
    expect(read(text, field, { $defs: { n: { type: 'integer' } } })).toEqual(value);
  });

  it.each<[unknown, object]>([
    ['5', { type: 'string' }],
    ['5', {}],
    ['5', { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['5', { anyOf: [{ type: 'integer' }, {}] }],
    ['true', { enum: ['true', 'false'] }],
    ['five', { type: 'integer' }],
    ['5', { type: 'boolean' }],
    ['1.5', { type: 'integer' }],
    ['', { type: 'integer' }],
    ['725653563933458433', { type: 'integer' }],
    ['a', { type: 'array' }],
    ['["a"', { type: 'array' }],
    ['{"__proto__": {"b": 1}}', { type: 'object' }],
    [5, { type: 'string' }],
    ['5', { $ref: '#/$defs/loop' }],
    ['5', { $ref: 'https://elsewhere.example/n' }],
  ])('%j for %j stays as it is', (value, field) => {
    expect(read(value, field, { $defs: { loop: { $ref: '#/$defs/loop' } } })).toEqual(value);
  });

  it('is read below lists, free fields and unions of objects', () => {
    const schema = {
      type: 'object',
      properties: { list: { type: 'array', items: of({ type: 'integer' }) } },
      additionalProperties: { type: 'boolean' },
      oneOf: [of({ type: 'number' }), { properties: { b: { type: 'number' } } }],
    };
    const given = { list: [{ a: '1' }, { a: 'x' }], free: 'true', a: '2', b: '3' };
    expect(coerced(given, schema)).toEqual({ list: [{ a: 1 }, { a: 'x' }], free: true, a: 2, b: 3 });
  });

  it('is left alone where two branches read the field differently', () => {
    const schema = { type: 'object', oneOf: [of({ type: 'number' }), of({ type: 'boolean' })] };
    expect(coerced({ a: '1' }, schema)).toEqual({ a: '1' });
  });

  it('takes bounded work for a schema that branches without end', () => {
    const loop = { anyOf: Array.from({ length: 50 }, () => ({ $ref: '#/$defs/loop' })) };
    const schema = of(loop, { $defs: { loop } });
    expect(coerced({ a: '5' }, schema)).toEqual({ a: '5' });
  });
});

describe('our own tools', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['todo_create', { title: '5', tags: '["a"]' }, { title: '5', tags: ['a'] }],
    ['todo_list', { limit: '5' }, { limit: 5 }],
    ['time_add', { at: '2027-01-31T09:00:00Z', months: '1' }, { at: '2027-01-31T09:00:00Z', months: 1 }],
    ['todo_update', { id: '1', due_at: 'null', version: '2' }, { id: '1', due_at: 'null', version: 2 }],
    ['json_format', { json: '[1]', indent: '0' }, { json: '[1]', indent: 0 }],
  ])('read the arguments of %s where they are unambiguous', async (name, given, expected) => {
    const tool = await loadBuiltIn(name);
    expect(tool && coerced(given, writeSchemas(tool).input)).toEqual(expected);
  });

  it('have examples that stay as they are', () => {
    for (const tool of TOOLS)
      for (const example of tool.examples)
        expect(coerced(example, writeSchemas(tool).input)).toEqual(example);
  });
});

describe('null for a field', () => {
  it.each<[string, object, object]>([
    ['an optional text', { type: 'string' }, {}],
    ['an optional number', { type: 'integer' }, {}],
    ['an optional choice', { enum: ['low', 'high'] }, {}],
    ['an optional reference', { $ref: '#/$defs/n' }, {}],
    ['an optional union', { anyOf: [{ type: 'string' }, { type: 'array' }] }, {}],
  ])('counts as absent for %s that does not allow null', (_name, field) => {
    expect(coerced({ a: null }, of(field, { $defs: { n: { type: 'integer' } } }))).toEqual({});
  });

  it.each<[string, object, object]>([
    ['a required field', { type: 'string' }, { required: ['a'] }],
    ['a field that a branch requires', { type: 'string' }, { allOf: [{ required: ['a'] }] }],
    ['a field that allows null', { type: ['string', 'null'] }, {}],
    ['a field with null as a branch', { anyOf: [{ type: 'string' }, { type: 'null' }] }, {}],
    ['a field of any type', {}, {}],
  ])('stays for %s', (_name, field, more) => {
    expect(coerced({ a: null }, of(field, more))).toEqual({ a: null });
  });

  it('stays in lists and for unknown fields, and is left out below lists', () => {
    const schema = of({ type: 'array', items: of({ type: 'integer' }) });
    expect(coerced({ a: [null, { a: null }], b: null }, schema)).toEqual({ a: [null, {}], b: null });
  });
});
