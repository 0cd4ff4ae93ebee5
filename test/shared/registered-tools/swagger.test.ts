import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { describe, expect, it } from 'vitest';

import { checkDefinition } from '#shared/registered-tools/definition.ts';
import { buildHttpRequest } from '#shared/registered-tools/http-operation.ts';
import type { Json } from '#shared/registered-tools/openapi-document.ts';
import { sliceDocument } from '#shared/registered-tools/openapi-slices.ts';
import { documentCandidates } from '#shared/registered-tools/openapi.ts';
import type { ToolCandidate } from '#shared/registered-tools/ports.ts';
import { fromSwagger } from '#shared/registered-tools/swagger.ts';
import type { Definition } from '#shared/tools/registered.ts';

const { resolve } = createRequire(import.meta.url);
const published = (name: string) => readFileSync(resolve(`@readme/oas-examples/${name}`), 'utf8');

const offered = (text: string, base?: string) =>
  documentCandidates({
    text,
    base,
    server: undefined,
    about: {},
    wanted: undefined,
    convert: (document: Json) => fromSwagger(document, base),
  });

const isUsable = (tool: ToolCandidate): tool is Extract<ToolCandidate, { definition: Definition }> =>
  'definition' in tool;

const document = (paths: object, more: object = {}) =>
  JSON.stringify({
    swagger: '2.0',
    info: { title: 'x', version: '1' },
    host: 'api.example.com',
    basePath: '/v1',
    schemes: ['http', 'https'],
    paths,
    ...more,
  });

function only(text: string, base?: string) {
  const [one, ...others] = offered(text, base);
  expect(others).toEqual([]);
  if (!one || !('definition' in one)) throw new Error(JSON.stringify(one));
  checkDefinition(one.definition, { checkUrl: () => undefined });
  const { source } = one.definition;
  if (source.kind !== 'http') throw new Error('It is no HTTP operation.');
  return { ...one, definition: one.definition, source };
}

function outcomeOf(work: () => unknown, isRejection: (error: unknown) => boolean): string {
  try {
    work();
    return 'read';
  } catch (error) {
    return isRejection(error) ? 'rejected' : String(error);
  }
}

const answering = (id: string, name: string) => ({
  get: { operationId: id, responses: { 200: { schema: { $ref: `#/definitions/${name}` } } } },
});
const nothing = () => undefined;
const isRejected = (error: unknown) => (error as { code?: string }).code === 'invalid_input';

describe('a document of Swagger 2.0', () => {
  it.each([
    ['petstore.json', 20],
    ['petstore-expanded.json', 4],
    ['petstore-simple.json', 3],
    ['schema-circular.json', 1],
  ])('published as %s becomes %i tools, each of which compiles', (name, count) => {
    const tools = offered(published(`2.0/json/${name}`));
    expect(tools).toHaveLength(count);
    const [usable, others] = [tools.filter(isUsable), tools.filter((tool) => !isUsable(tool))];
    for (const { definition } of usable) checkDefinition(definition, { checkUrl: () => undefined });
    expect(others.filter(({ upstreamName }) => upstreamName !== 'uploadFile')).toEqual([]);
  });

  it('sends query, path, header and JSON body where the document says so, to its https address', () => {
    const parameters = [
      { name: 'id', in: 'path', required: true, type: 'string' },
      { name: 'tags', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
      { name: 'fields', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'csv' },
      { name: 'x-trace', in: 'header', type: 'string' },
      { name: 'pet', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } },
    ];
    const Pet = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
    const put = {
      operationId: 'put',
      parameters,
      responses: { 200: { schema: { $ref: '#/definitions/Pet' } } },
    };
    const { definition, source } = only(document({ '/pets/{id}': { put } }, { definitions: { Pet } }));
    expect(definition.inputSchema).toMatchObject({
      properties: { body: { required: ['name'] } },
      required: ['id', 'body'],
    });
    expect(definition.outputSchema).toMatchObject({ properties: { name: { type: 'string' } } });
    const args = { id: 'a/b', tags: ['x', 'y'], fields: ['n', 'm'], 'x-trace': 't', body: { name: 'Rex' } };
    expect(buildHttpRequest(source, args)).toMatchObject({
      method: 'PUT',
      url: 'https://api.example.com/v1/pets/a%2Fb?tags=x&tags=y&fields=n,m',
      headers: { 'x-trace': 't', 'content-type': 'application/json' },
      body: '{"name":"Rex"}',
    });
  });

  it('sends a form where the document says so', () => {
    const post = {
      operationId: 'post',
      consumes: ['application/x-www-form-urlencoded'],
      parameters: [{ name: 'name', in: 'formData', required: true, type: 'string' }],
      responses: {},
    };
    const { source } = only(document({ '/a': { post } }));
    expect(buildHttpRequest(source, { body: { name: 'a b' } })).toMatchObject({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'name=a+b',
    });
  });

  it('is called at the scheme of its own address where it names none', () => {
    const text = document({ '/a': { get: { operationId: 'a', responses: {} } } }, { schemes: undefined });
    expect(only(text, 'https://docs.example.com/swagger.json').source.url).toBe(
      'https://api.example.com/v1/a',
    );
    expect(only(text).source.url).toBe('https://api.example.com/v1/a');
  });

  it('can be sliced before it is converted', () => {
    const definitions = {
      A: { type: 'object', properties: { b: { $ref: '#/definitions/B' } } },
      B: { type: 'string' },
      C: {},
    };
    const whole = document({ '/a': answering('a', 'A'), '/c': answering('c', 'C') }, { definitions });
    const text = sliceDocument(Buffer.from(whole), ['a']);
    expect(Object.keys((JSON.parse(text) as { definitions: object }).definitions)).toEqual(['A', 'B']);
    expect(only(text).definition.outputSchema).toEqual({
      type: 'object',
      properties: { b: { type: 'string' } },
    });
  });

  it.each([
    ['paths without operations', { '/a': { get: null } }],
    ['a list of parameters that is none', { '/a': { get: { parameters: { name: 1 } } } }],
    ['a response that is none', { '/a': { get: { responses: { 200: null } } } }],
  ])('with %s is read as far as it goes, or rejected', (_what, paths) => {
    const outcome = () => offered(document(paths)).map(({ upstreamName }) => typeof upstreamName);
    expect(outcomeOf(outcome, isRejected)).toMatch(/^(?:read|rejected)$/);
  });

  it('is rejected where nothing converts it', () => {
    const text = document({});
    const about = { base: undefined, server: undefined, about: {}, wanted: undefined };
    expect(() => documentCandidates({ text, ...about })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
    expect(() => documentCandidates({ text, ...about, convert: nothing })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
});
