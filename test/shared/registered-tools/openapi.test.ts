// Documents as real services publish them, and documents as nobody should.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

import { checkDefinition } from '#shared/registered-tools/definition.ts';
import { documentCandidates } from '#shared/registered-tools/openapi.ts';
import { validatorOf } from '#shared/registered-tools/validator.ts';

const { resolve } = createRequire(import.meta.url);
const published = (name: string) => readFileSync(resolve(`@readme/oas-examples/${name}`), 'utf8');

const server = 'https://api.example.com/v1';
const offered = (text: string, more: object = {}) =>
  documentCandidates({ text, base: undefined, server, credential: undefined, wanted: undefined, ...more });

const document = (paths: object, more: object = {}) =>
  JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'x', version: '1' },
    servers: [{ url: server }],
    paths,
    ...more,
  });
const get = (operation: object) => document({ '/a': { get: { operationId: 'a', ...operation } } });
const answering = (schema: unknown) => ({
  responses: { 200: { content: { 'application/json': { schema } } } },
});

function only(text: string) {
  const [one, ...others] = offered(text);
  expect(others).toEqual([]);
  if (!one || !('definition' in one)) throw new Error(JSON.stringify(one));
  checkDefinition(one.definition, { checkUrl: () => undefined });
  return one.definition;
}

describe('a published OpenAPI document', () => {
  it.each([
    ['3.1/json/readme.json', 54],
    ['3.0/yaml/star-trek.yaml', 120],
    ['3.0/json/petstore.json', 20],
  ])('%s becomes %i tools that can be compiled and called', (name, count) => {
    const tools = offered(published(name));
    expect(tools).toHaveLength(count);
    for (const tool of tools.slice(0, 5)) {
      if (!('definition' in tool)) throw new Error(`${tool.upstreamName} ${tool.reason}`);
      const { definition } = tool;
      checkDefinition(definition, { checkUrl: () => undefined });
      expect(definition.outputSchema).toMatchObject({ type: 'object' });
      expect(validatorOf(definition.inputSchema)({ 'no such argument': 1 })).not.toEqual([]);
    }
  });
});

describe('a document', () => {
  it('is cut where it goes round in circles', () => {
    const node = {
      type: 'object',
      properties: { name: { type: 'string' }, next: { $ref: '#/components/schemas/Node' } },
    };
    const text = document(
      { '/a': { get: { operationId: 'a', ...answering({ $ref: '#/components/schemas/Node' }) } } },
      { components: { schemas: { Node: node } } },
    );
    expect(only(text).outputSchema).toEqual({
      type: 'object',
      properties: { name: { type: 'string' }, next: {} },
    });
  });

  it('of the older dialect says the same in the newer one', () => {
    const { inputSchema } = only(
      get({
        parameters: [
          {
            name: 'n',
            in: 'query',
            schema: { type: 'integer', nullable: true, minimum: 0, exclusiveMinimum: true },
          },
        ],
      }),
    );
    const check = validatorOf(inputSchema);
    expect([{ n: null }, { n: 1 }, {}].map((value) => check(value).length)).toEqual([0, 0, 0]);
    expect(check({ n: 0 })).toHaveLength(1);
  });

  it.each([
    [
      'a remote schema',
      get({ parameters: [{ name: 'a', in: 'query', schema: { $ref: 'https://evil.example/a' } }] }),
      'outside',
    ],
    ['a remote parameter', get({ parameters: [{ $ref: 'other.json#/a' }] }), 'outside'],
    [
      'a reference to nothing',
      get({ parameters: [{ $ref: '#/components/parameters/none' }] }),
      'not in the document',
    ],
    [
      'a reference into the prototype',
      get({ parameters: [{ $ref: '#/constructor/name' }] }),
      'not in the document',
    ],
    [
      'a cookie it needs',
      get({ parameters: [{ name: 'a', in: 'cookie', required: true, schema: {} }] }),
      'not supported',
    ],
    [
      'a header of ours',
      get({ parameters: [{ name: 'Authorization', in: 'header', required: true, schema: {} }] }),
      'not supported',
    ],
    [
      'a form',
      document({
        '/a': { post: { operationId: 'a', requestBody: { required: true, content: { 'text/plain': {} } } } },
      }),
      'not JSON',
    ],
    [
      'two arguments of one name',
      get({
        parameters: [
          { name: 'a', in: 'query', schema: {} },
          { name: 'a', in: 'header', schema: {} },
        ],
      }),
      'one name',
    ],
    [
      '500 properties',
      get({
        parameters: [
          {
            name: 'a',
            in: 'query',
            schema: { properties: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`p${n}`, {}])) },
          },
        ],
      }),
      'too large',
    ],
    ['hidden words', get({ parameters: [{ name: 'a\u200b', in: 'query', schema: {} }] }), 'hidden'],
  ])('leaves out an operation with %s, and says why', (_name, text, why) => {
    expect(offered(text)).toEqual([{ upstreamName: 'a', reason: expect.stringContaining(why) }]);
  });

  it('leaves a remote part of an answer unpromised', () => {
    expect(only(get(answering({ $ref: 'https://evil.example/a' }))).outputSchema).toMatchObject({
      required: ['status', 'body'],
    });
  });

  const bomb = [
    'a0: &a0 [x, x]',
    ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`),
  ].join('\n');
  it.each([
    ['nothing', ' '],
    ['a text', '"hello"'],
    ['a list', '[]'],
    ['half a JSON', '{"openapi": "3.0.0"'],
    ['half a YAML', 'openapi: "3.0.0\npaths: ['],
    ['Swagger 2', '{"swagger": "2.0"}'],
    ['a name twice', '{"openapi":"3.0.0","openapi":"3.1.0"}'],
    ['a name twice in YAML', 'openapi: 3.0.0\nopenapi: 3.1.0\n'],
    ['a prototype', '{"openapi":"3.0.0","__proto__":{}}'],
    ['5 MB', JSON.stringify({ openapi: '3.0.0', info: 'x'.repeat(5_000_000) })],
    ['a million levels', '['.repeat(1_000_000)],
    ['a million levels of lists', '- '.repeat(1_000_000)],
    ['a million levels of questions', `openapi: 3.0.0\na:\n  ${'? '.repeat(1_000_000)}`],
    ['a million levels of objects', `{"openapi":"3.0.0","a":${'['.repeat(1_000_000)}`],
    ['a bomb of aliases', `openapi: 3.0.0\n${bomb}`],
    ['an alias of itself', 'openapi: 3.0.0\npaths: &p\n  a: *p\n'],
  ])('that is %s is refused', (_name, text) => {
    expect(() => offered(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});
