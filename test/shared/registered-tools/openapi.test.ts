// Documents as real services publish them, and documents as nobody should.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

import { checkDefinition } from '#shared/registered-tools/definition.ts';
import { buildHttpRequest } from '#shared/registered-tools/http-operation.ts';
import { documentCandidates } from '#shared/registered-tools/openapi.ts';
import { validatorOf } from '#shared/registered-tools/validator.ts';

const { resolve } = createRequire(import.meta.url);
const published = (name: string) => readFileSync(resolve(`@readme/oas-examples/${name}`), 'utf8');

const server = 'https://api.example.com/v1';
const offered = (text: string, more: object = {}) =>
  documentCandidates({ text, base: undefined, server, about: {}, wanted: undefined, ...more });

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
      get({ parameters: [{ name: 'X-Forwarded-For', in: 'header', required: true, schema: {} }] }),
      'not supported',
    ],
    [
      'a body of another type',
      document({
        '/a': { post: { operationId: 'a', requestBody: { required: true, content: { 'text/plain': {} } } } },
      }),
      'takes a body of text/plain, which is not supported',
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
  ])('that is %s is rejected', (_name, text) => {
    expect(() => offered(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

/** The request that one call sends, and the entries of `skipped` beside the tool. */
function sent(operation: object, args: Record<string, unknown>, method = 'get') {
  const [one] = offered(document({ '/a': { [method]: { operationId: 'a', ...operation } } }));
  if (!one || !('definition' in one)) throw new Error(JSON.stringify(one));
  checkDefinition(one.definition, { checkUrl: () => undefined });
  const { source } = one.definition;
  if (source.kind !== 'http') throw new Error('no HTTP operation');
  const { url, body, headers } = buildHttpRequest(source, args);
  return { query: url.split('?')[1], body, headers, omitted: one.omitted };
}
const query = (more: object, value: unknown) =>
  sent({ parameters: [{ name: 'f', in: 'query', schema: {}, ...more }] }, { f: value }).query;

describe('[T4] an argument in the query', () => {
  it.each<[object, unknown, string]>([
    [{}, ['a', 'b'], 'f=a&f=b'],
    [{ style: 'form' }, 'a b&c', 'f=a+b%26c'],
    [{ explode: false }, ['a', 'b,c'], 'f=a,b%2Cc'],
    [{ style: 'form', explode: false }, { x: 1, y: 'z' }, 'f=x,1,y,z'],
    [{ style: 'form', explode: true }, { x: 1, y: 'z' }, 'x=1&y=z'],
    [{ style: 'pipeDelimited' }, ['a', 'b'], 'f=a%7Cb'],
    [{ style: 'pipeDelimited', explode: true }, ['a', 'b'], 'f=a&f=b'],
    [{ style: 'spaceDelimited', explode: false }, ['a', 'b'], 'f=a%20b'],
    [{ style: 'deepObject', explode: true }, { x: 1, y: { z: true } }, 'f%5Bx%5D=1&f%5By%5D%5Bz%5D=true'],
    [{ style: 'deepObject' }, { x: ['a', 'b'], none: null }, 'f%5Bx%5D=a&f%5Bx%5D=b'],
    [{ schema: undefined, content: { 'application/json': { schema: {} } } }, { x: 1 }, 'f=%7B%22x%22%3A1%7D'],
  ])('%j with %j is sent as OpenAPI 3.1 writes it: %s', (more, value, expected) => {
    expect(query(more, value)).toBe(expected);
  });

  it.each<[object, unknown]>([
    [{}, [['a']]],
    [{ explode: false }, [{}]],
    [{ style: 'deepObject' }, 'a'],
    [{}, 'half \ud83d'],
  ])('%j cannot be %j: it is named, and nothing is sent', (more, value) => {
    expect(() => query(more, value)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: {
          issues: [{ path: 'parameters.f', message: expect.stringContaining('cannot be written') }],
        },
      }),
    );
  });

  it('cannot take the place of another argument by a member of its name', () => {
    const parameters = [
      { name: 'f', in: 'query', schema: {} },
      { name: 'g', in: 'query', schema: {} },
    ];
    expect(() => sent({ parameters }, { f: { g: 'stolen' } })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });

  it('is left out where it is optional and cannot be sent, and is listed in skipped', () => {
    const parameters = [
      { name: 'c', in: 'cookie', schema: {} },
      { name: 'm', in: 'query', content: { 'application/xml': {} } },
      { name: 'Authorization', in: 'header', required: true, schema: {} },
    ];
    const requestBody = { content: { 'application/xml': { schema: {} } } };
    expect(sent({ parameters, requestBody }, {}, 'post').omitted).toEqual([
      'cookie argument c',
      'query argument m',
      'body of application/xml',
    ]);
  });

  it('makes the operation unusable where it is required and cannot be sent, by name', () => {
    const parameters = [{ name: 'p', in: 'path', style: 'matrix', required: true, schema: {} }];
    expect(offered(get({ parameters }))).toEqual([
      { upstreamName: 'a', reason: 'takes its path argument p in a way that is not supported' },
    ]);
  });
});

const form = (schema: object, type = 'application/x-www-form-urlencoded', required = true) => ({
  requestBody: { required, content: { [type]: { schema } } },
});

describe('[T5] a body', () => {
  it('is sent as a form where the document says so', () => {
    const body = { grant: 'a b', scopes: ['x', 'y'], card: { number: 4, items: [{ id: 1 }] }, none: null };
    const { body: text, headers } = sent(form({ type: 'object' }), { body }, 'post');
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect([...new URLSearchParams(text)]).toEqual([
      ['grant', 'a b'],
      ['scopes', 'x'],
      ['scopes', 'y'],
      ['card[number]', '4'],
      ['card[items][0][id]', '1'],
    ]);
  });

  it('is JSON where the document has both', () => {
    const content = { 'application/x-www-form-urlencoded': {}, 'application/json': { schema: {} } };
    const { body, headers } = sent({ requestBody: { content } }, { body: { a: 1 } }, 'post');
    expect([body, headers['content-type']]).toEqual(['{"a":1}', 'application/json']);
  });

  it('is a form whose members are written as their encoding says', () => {
    const encoding = {
      list: { style: 'form', explode: false },
      filter: { style: 'deepObject', explode: true },
      meta: { contentType: 'application/json' },
      odd: { style: 'unheard-of' },
    };
    const content = { 'application/x-www-form-urlencoded': { schema: { type: 'object' }, encoding } };
    const body = { list: ['a', 'b'], filter: { x: 1 }, meta: { y: [2] }, odd: ['c'], plain: 'd' };
    const sentForm = sent({ requestBody: { content } }, { body }, 'post');
    expect(sentForm.body).toBe('list=a,b&filter%5Bx%5D=1&meta=%7B%22y%22%3A%5B2%5D%7D&odd=c&plain=d');
  });

  it('is multipart where the document says so, of text and JSON, and can be read by others', async () => {
    const properties = {
      title: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
      meta: { type: 'object' },
      ids: { type: 'array', items: { type: 'integer' } },
      photo: { type: 'string', format: 'binary' },
    };
    const schema = { type: 'object', properties, required: ['title'] };
    const encoding = { ids: { contentType: 'application/json' } };
    const content = { 'multipart/form-data': { schema, encoding } };
    const body = {
      title: 'a "b"\r\n--x',
      tags: ['x', 'y'],
      meta: { z: 1 },
      ids: [1, 2],
      none: null,
      'n"\n': 'q',
    };
    const multipart = sent({ requestBody: { content } }, { body }, 'post');
    expect(multipart.omitted).toEqual(['file photo']);
    const read = await new Response(multipart.body, { headers: multipart.headers }).formData();
    const entries = await Promise.all(
      [...read].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()]),
    );
    expect(entries).toEqual([
      ['title', 'a "b"\r\n--x'],
      ['tags', 'x'],
      ['tags', 'y'],
      ['meta', '{"z":1}'],
      ['ids', '[1,2]'],
      ['n"\n', 'q'],
    ]);
  });

  it('is rejected by name where it needs a file, or nothing but a file is in it', () => {
    const file = { type: 'string', format: 'binary' };
    const needed = { type: 'object', properties: { a: { type: 'string' }, f: file }, required: ['f'] };
    for (const schema of [needed, { type: 'object', properties: { f: { type: 'array', items: file } } }]) {
      const text = document({ '/a': { post: { operationId: 'a', ...form(schema, 'multipart/form-data') } } });
      expect(offered(text)).toEqual([
        { upstreamName: 'a', reason: 'takes a file in its body, which is not supported' },
      ]);
    }
    const optional = form(needed, 'multipart/form-data', false);
    expect(sent(optional, {}, 'post').omitted).toEqual(['body of multipart/form-data']);
  });

  it('is rejected by name where it is of another kind', () => {
    const text = document({ '/a': { post: { operationId: 'a', ...form({}, 'application/xml') } } });
    expect(offered(text)).toEqual([
      { upstreamName: 'a', reason: 'takes a body of application/xml, which is not supported' },
    ]);
  });
});
