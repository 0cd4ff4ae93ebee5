import { describe, expect, it } from 'vitest';

import { serverOf } from '#shared/registered-tools/openapi-server.ts';
import { documentCandidates } from '#shared/registered-tools/openapi.ts';

const at = (url: unknown, more: { server?: string; base?: string; variables?: object } = {}) =>
  serverOf({ servers: [{ url, variables: more.variables }] }, { server: more.server, base: more.base });

describe('the server of an OpenAPI document', () => {
  it.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/', 'https://api.example.com'],
    ['https://API.example.com/v1/', 'https://api.example.com/v1'],
    ['https://api.example.com:443/v1', 'https://api.example.com/v1'],
    ['https://api.example.com:8443/v1', 'https://api.example.com:8443/v1'],
    ['https://api.example.com/a%20b', 'https://api.example.com/a%20b'],
  ])('is taken as it is written: %s', (written, taken) => {
    expect(at(written)).toBe(taken);
  });

  it('that is relative stands on the address of the document, and variables have their defaults', () => {
    const base = 'https://docs.example.com/spec/openapi.json';
    expect(at('/v2', { base })).toBe('https://docs.example.com/v2');
    expect(at('v2', { base })).toBe('https://docs.example.com/spec/v2');
    expect(at(undefined, { base })).toBe('https://docs.example.com');
    const variables = { region: { default: 'eu' } };
    expect(at('https://{region}.example.com', { variables })).toBe('https://eu.example.com');
    expect(at('https://evil.example/..', { server: 'https://api.example.com/v1' })).toBe(
      'https://api.example.com/v1',
    );
  });

  it.each([
    'https://api.example.com/v1/../admin',
    'https://api.example.com/%2e%2e/admin',
    'https://api.example.com/..;/admin',
    'https://user:password@api.example.com/',
    'https://api.example.com@evil.example/',
    'https://api.example.com\\@evil.example/',
    'https:\\\\api.example.com',
    'https:/api.example.com',
    'https:api.example.com',
    '//evil.example/',
    'https:///evil.example',
    'https://api.example.com/?key=1',
    'https://api.example.com/#x',
    'https://api.exa\tmple.com/',
    'https://api.example.com/a b',
    'https://api.ex\u200bample.com/',
    'https://аpi.example.com/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://127.1/',
    'https://api.example.com:0443/',
    'https://{region}.example.com',
    'ftp://api.example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '',
    '/v1',
  ])('that a parser would change, or that is none, is rejected by name: %j', (written) => {
    expect(() => at(written)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: { issues: [{ path: 'body.server', message: expect.stringMatching(/^\w.{8,}/) }] },
      }),
    );
  });

  it('that an operation or a path has of its own leaves the operation out, by name and reason', () => {
    const own = [{ url: 'https://upload.example.com' }];
    const document = {
      openapi: '3.1.0',
      servers: [{ url: 'https://api.example.com' }],
      paths: {
        '/a': { get: { operationId: 'a' } },
        '/b': { get: { operationId: 'b', servers: own } },
        '/c': { servers: own, get: { operationId: 'c' } },
      },
    };
    const text = JSON.stringify(document);
    const offered = documentCandidates({
      text,
      base: undefined,
      server: undefined,
      about: {},
      wanted: undefined,
    });
    expect(offered).toMatchObject([
      { upstreamName: 'a', definition: { source: { url: 'https://api.example.com/a' } } },
      { upstreamName: 'b', reason: 'has servers of its own: register it with kind http' },
      { upstreamName: 'c', reason: 'has servers of its own: register it with kind http' },
    ]);
  });
});
