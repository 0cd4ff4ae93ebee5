import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import type { HttpOperation } from '#shared/tools/registered.ts';
import { mayBeCredential, mayBeHeader } from '#shared/registered-tools/header-names.ts';
import { buildHttpRequest, checkOperation } from '#shared/registered-tools/http-operation.ts';

const operation = (more: Partial<HttpOperation> = {}): HttpOperation => ({
  kind: 'http',
  method: 'GET',
  url: 'https://api.example.com/projects/{id}/files',
  parameters: [{ name: 'id', in: 'path' }],
  answer: 'as_it_is',
  ...more,
});
const pathFor = (id: unknown) => new URL(buildHttpRequest(operation(), { id }).url).pathname;

/** Undefined: rejected. */
function sentPath(id: string): string | undefined {
  try {
    return pathFor(id);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

describe('a path argument', () => {
  it.each([
    ['grp/prj', 'grp%2Fprj'],
    ['a b;c=1', 'a%20b%3Bc%3D1'],
    ['v1.0', 'v1.0'],
    ['...', '...'],
    ['.gitignore', '.gitignore'],
    ['a..b', 'a..b'],
    ['100%', '100%25'],
    ['São Paulo?&#', 'S%C3%A3o%20Paulo%3F%26%23'],
    [7, '7'],
  ])('is expanded as RFC 6570 says: %s', (id, segment) => {
    expect(pathFor(id)).toBe(`/projects/${segment}/files`);
  });

  it.each([
    '',
    '.',
    '..',
    '..;',
    '.;',
    '..;x=1',
    '..;/admin',
    '../admin',
    'a/..',
    'a/../b',
    'a/./b',
    '..\\admin',
    'a\\b',
    '%2e%2e',
    '%2E.',
    '.%2e',
    '%252e%252e',
    '%25252e%25252e',
    '..%2fadmin',
    '..%5cadmin',
    '%2e%2e;x',
    'a%2f..%2fb',
    '%c0%ae%c0%ae',
    '%u002e%u002e',
    '..%c0%afadmin',
    '\uFF0E\uFF0E',
    '\u2025',
    '.. ',
    ' ..',
    '..%00',
    '..%20',
    '..?x',
    '..#x',
    'a\r\nb',
    '\u0000',
    '\ud800',
    '%2525252525252e',
  ])('that may lead elsewhere on some server is rejected: %j', (id) => {
    expect(() => pathFor(id)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it('is one segment below its place, whatever it is and however often a server decodes it', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '/',
      ';',
      '%',
      '2e',
      '2f',
      '25',
      'a',
      '%2e',
      '%2f',
      '%5c',
      ' ',
      '\uFF0E',
      'u002e',
      'c0',
      'ae',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const sent = sentPath(pieces.join(''));
        fc.pre(sent !== undefined);
        let path = sent;
        for (let round = 0; round < 4; round += 1) {
          expect(path.startsWith('/projects/')).toBe(true);
          for (const segment of path.split(/[/\\]/))
            expect(segment.split(';')[0]?.trim()).not.toMatch(/^\.\.?$/);
          path = path.replaceAll(/%([0-7][0-9a-f])/gi, (_, code: string) =>
            String.fromCodePoint(Number.parseInt(code, 16)),
          );
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('cannot make dots together with what stands beside it', () => {
    for (const url of [
      'https://a.example/x/.{id}',
      'https://a.example/x/{id}.',
      'https://a.example/x/{id}%2e',
    ]) {
      expect(() => buildHttpRequest(operation({ url }), { id: '.' })).toThrow(AppError);
    }
  });
});

describe('the path of an operation', () => {
  it.each(['/a/..;/b/{id}', '/a/.;x/{id}', '/%252e%252e/{id}', '/a/%u002e%u002e/{id}', '/..%c0%af/{id}'])(
    'that leads elsewhere is rejected: %s',
    (path) => {
      const about = {
        inputSchema: { type: 'object', properties: { id: {} }, required: ['id'] },
        credential: undefined,
        checkUrl: () => undefined,
      };
      const check = (url: string) => checkOperation(operation({ url }), about);
      expect(() => check('https://a.example/b/{id}')).not.toThrow();
      expect(() => check(`https://a.example${path}`)).toThrow(
        expect.objectContaining({ details: { issues: [{ path: 'url', message: expect.any(String) }] } }),
      );
    },
  );
});

const KINDS: Readonly<Record<string, readonly string[]>> = {
  'another method, path or host': [
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Original-Path',
    'X-Forwarded-Host',
    'X-Host',
    'Host',
    'X-Override-URL',
    'Destination',
  ],
  'an address or a name that a proxy vouches for': [
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded',
    'Forwarded-For',
    'X-Real-IP',
    'X-Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Cluster-Client-IP',
    'Fastly-Client-IP',
    'X-Originating-IP',
    'X-Remote-Addr',
    'Remote-User',
    'X-ProxyUser-Ip',
    'X-Envoy-External-Address',
    'Client-IP',
    'X-Azure-ClientIP',
    'SSL-Client-Cert',
    'X-SSL-Client-S-DN',
  ],
  'the connection': [
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Via',
    'Content-Length',
    'Content-Type',
    'Expect',
    'HTTP2-Settings',
    'Max-Forwards',
    'Early-Data',
  ],
  'cookies, clouds and gateways': [
    'Cookie',
    'Cookie2',
    'Set-Cookie',
    'X-Amz-Security-Token',
    'X-Amzn-Trace-Id',
    'X-Amz-Date',
    'X-Goog-IAM-Authorization-Token',
    'X-MS-Client-Principal',
    'Metadata',
    'Metadata-Flavor',
    'Sec-Fetch-Site',
    'Mcp-Session-Id',
    'X-Portunus-Hops',
    'Origin',
    'Referer',
  ],
  'no name of a header': ['', 'X Unit', 'X_Forwarded_For', 'X-Unit:', ':authority', 'x\r\ny', 'é'],
};
const CREDENTIALS = [
  'X-Api-Key',
  'Api-Key',
  'apikey',
  'X-Auth-Token',
  'Private-Token',
  'X-Access-Token',
  'X-Vault-Token',
  'X-Goog-Api-Key',
  'Ocp-Apim-Subscription-Key',
  'X-Secret',
  'X-Session-Token',
  'X-Shopify-Access-Token',
  'Token',
  'X-CSRF-Token',
  'X-Signature',
];

describe('a header', () => {
  it.each(Object.entries(KINDS))(
    'of this kind is set by no argument and carries no key: %s',
    (_kind, names) => {
      const wrong = names.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]);
      expect(wrong.filter((name) => mayBeHeader(name) || mayBeCredential(name))).toEqual([]);
    },
  );

  it('that carries a credential is set from the stored key alone', () => {
    expect(CREDENTIALS.filter(mayBeHeader)).toEqual([]);
    expect(CREDENTIALS.filter((name) => !mayBeCredential(name))).toEqual([]);
    expect([mayBeHeader('Authorization'), mayBeCredential('Authorization')]).toEqual([false, true]);
  });

  it('that is an argument of many APIs can be one', () => {
    const usual = [
      'X-Unit',
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
      'X-Request-Id',
      'X-GitHub-Api-Version',
      'Notion-Version',
      'Stripe-Version',
      'Anthropic-Version',
      'X-Requested-With',
      'Prefer',
      'X-Client-Version',
      'OpenAI-Organization',
      'X-Tenant',
      'Author',
      'Range',
    ];
    expect(usual.filter((name) => !mayBeHeader(name))).toEqual([]);
  });
});
