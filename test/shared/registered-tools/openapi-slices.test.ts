import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sliceDocument, startsAsJson } from '#shared/registered-tools/openapi-slices.ts';
import { documentCandidates } from '#shared/registered-tools/openapi.ts';
import { largeOpenApi } from '#test/support/large-openapi.ts';

const { resolve } = createRequire(import.meta.url);
const published = (name: string) => readFileSync(resolve(`@readme/oas-examples/${name}`));

const candidates = (text: string, wanted: readonly string[]) =>
  documentCandidates({ text, base: undefined, server: 'https://api.example.com', about: {}, wanted });

describe('the slice of a large OpenAPI document', () => {
  const large = Buffer.from(largeOpenApi(10_000));

  it('has the chosen operations and all that they refer to, and nothing else', () => {
    const wanted = ['resources/get-6543', 'DELETE /repos/{owner}/resource12'];
    expect(large.length).toBeGreaterThan(30_000_000);
    const before = process.memoryUsage();
    const text = sliceDocument(large, wanted);
    const { heapUsed, external } = process.memoryUsage();
    expect(text.length).toBeLessThan(100_000);
    // The parsed document takes several times its size; the index of its parts a fraction of it.
    expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(large.length);
    const { paths, components, servers } = JSON.parse(text);
    expect(Object.keys(paths)).toEqual(['/repos/{owner}/resource12', '/repos/{owner}/resource6543']);
    expect(Object.keys(components).toSorted()).toEqual(['parameters', 'responses', 'schemas']);
    const chains = [0, 10, 6540].flatMap((first) =>
      Array.from({ length: 10 }, (_, n) => `resource${first + n}`),
    );
    expect(new Set(Object.keys(components.schemas))).toEqual(new Set(chains));
    expect(servers).toEqual([{ url: 'https://api.example.com/v3' }]);
    const tools = candidates(text, wanted);
    expect(tools.map(({ upstreamName }) => upstreamName)).toEqual([
      'resources/delete-12',
      'resources/get-6543',
    ]);
    for (const tool of tools) expect(tool).toHaveProperty('definition.inputSchema.properties.per_page');
  });

  it.each(['3.0/json/petstore.json', '3.1/json/readme.json'])(
    'of %s gives every operation the definition that the whole document gives it',
    (name) => {
      const bytes = published(name);
      const text = bytes.toString('utf8');
      const all = documentCandidates({
        text,
        base: undefined,
        server: 'https://api.example.com',
        about: {},
        wanted: undefined,
      });
      for (const one of all) {
        const wanted = [one.upstreamName];
        expect(candidates(sliceDocument(bytes, wanted), wanted)).toEqual([one]);
      }
    },
  );

  it('names an operation that is not in the document', () => {
    const text = sliceDocument(large, ['resources/none']);
    expect(candidates(text, ['resources/none'])).toMatchObject([{ reason: 'is not in the document' }]);
  });

  it.each([
    '{',
    '{"paths"',
    '{"paths":{',
    '{"paths":{"/a":"',
    '{"a" 1}',
    '{1:2}',
    '{"a":1 "b":2}',
    '{"\\":1}',
  ])('of the broken text %s is rejected', (text) => {
    expect(() => sliceDocument(Buffer.from(text), ['x'])).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });

  it('of any JSON object is a JSON object, whose paths are those of the whole', () => {
    const key = fc.constantFrom('/a', '/b', 'x"y', '\\', 'ü');
    const paths = fc.dictionary(key, fc.jsonValue());
    fc.assert(
      fc.property(paths, fc.jsonValue(), fc.nat(3), (given, other, indent) => {
        const text = JSON.stringify({ other, paths: given, last: [other] }, null, indent);
        const wanted = Object.keys(given).map((name) => `GET ${name}`);
        const sliced = JSON.parse(sliceDocument(Buffer.from(text), wanted)) as { paths: object };
        const expected = Object.entries(given).filter(([name]) => name.startsWith('/'));
        const written = JSON.parse(JSON.stringify(Object.fromEntries(expected))) as object; // JSON has no -0
        expect(sliced.paths).toMatchObject(written);
      }),
    );
  });

  it('starts like JSON behind blanks and a byte order mark, and not like YAML', () => {
    expect(startsAsJson(Buffer.from('\ufeff\n {"a":1}'))).toBe(true);
    expect(startsAsJson(Buffer.from('openapi: 3.0.0\n'))).toBe(false);
    expect(startsAsJson(Buffer.from(''))).toBe(false);
  });
});
