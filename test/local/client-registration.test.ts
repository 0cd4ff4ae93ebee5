// Clients without a prior registration: dynamic registration, client-ID metadata documents, default scopes.
import { createHash, randomBytes } from 'node:crypto';

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Issuer, startIssuer } from '#local/issuer/issuer.ts';

import { temporaryFolder } from './data-plane.ts';

const PUBLIC_URL = 'http://127.0.0.1:8787';
const LOOPBACK = 'http://127.0.0.1:54321/callback';
const documents = new Map<string, string>();
const fetchDocument = async (input: string | URL | Request): Promise<Response> => {
  const text = documents.get(input instanceof Request ? input.url : String(input));
  return text === undefined ? new Response('', { status: 404 }) : new Response(text);
};

let folder: ReturnType<typeof temporaryFolder>;
let issuer: Issuer;
beforeAll(async () => {
  folder = temporaryFolder();
  issuer = await startIssuer({
    folder: folder.path,
    port: 24_811,
    publicUrl: PUBLIC_URL,
    fetch: fetchDocument,
  });
});
afterAll(async () => {
  await issuer.stop();
  folder.remove();
});

async function register(metadata: object | string, headers: Record<string, string> = {}) {
  const response = await fetch(`${issuer.url}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

/** The redirect after a sign-in as alice, or the status of the error page. */
async function authorize(parameters: Record<string, string>): Promise<URL | number> {
  const cookies = new Map<string, string>();
  const query = new URLSearchParams({
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 's',
    ...parameters,
  });
  let next = new URL(`/auth?${query}`, issuer.url);
  for (let step = 0; step < 6; step += 1) {
    const isLogin = next.pathname.startsWith('/login/');
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(isLogin && { method: 'POST', body: new URLSearchParams({ sub: 'alice' }) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return response.status;
    next = new URL(location, next);
    if (next.origin !== issuer.url) return next;
  }
  throw new Error('The sign-in did not finish.');
}

async function exchange(clientId: string, code: string, redirectUri: string) {
  const response = await fetch(`${issuer.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  });
  return (await response.json()) as { access_token?: string; refresh_token?: string; error?: string };
}

const signIn = async (clientId: string, redirectUri: string) => {
  const redirected = await authorize({ client_id: clientId, redirect_uri: redirectUri });
  if (typeof redirected === 'number') throw new Error(`The sign-in ended with status ${redirected}.`);
  return exchange(clientId, redirected.searchParams.get('code') ?? '', redirectUri);
};

const publish = (id: string, change: object = {}) => {
  const document = {
    client_id: id,
    client_name: 'A client',
    redirect_uris: [LOOPBACK],
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    ...change,
  };
  documents.set(id, JSON.stringify(document));
  return id;
};

describe('dynamic client registration', () => {
  it.each<[string, object, string]>([
    [
      'Claude',
      { redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] },
      'https://claude.ai/api/mcp/auth_callback',
    ],
    [
      'Cursor',
      { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] },
      'cursor://anysphere.cursor-mcp/oauth/callback',
    ],
    [
      'VS Code on another port than it registered',
      { redirect_uris: ['https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'] },
      'http://127.0.0.1:59656/',
    ],
    [
      'the Inspector',
      { redirect_uris: ['http://localhost:6274/oauth/callback'] },
      'http://localhost:6274/oauth/callback',
    ],
    [
      'a client without application_type',
      { redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'] },
      'http://127.0.0.1:19876/mcp/oauth/callback',
    ],
    [
      'a client that asks for a secret',
      { redirect_uris: [LOOPBACK], token_endpoint_auth_method: 'client_secret_post' },
      LOOPBACK,
    ],
  ])('lets %s sign in without a scope, with all scopes of the role', async (_who, metadata, redirectUri) => {
    const { status, body } = await register(metadata);
    expect([status, body]).toMatchObject([201, { token_endpoint_auth_method: 'none' }]);
    expect(body).not.toHaveProperty('client_secret');
    const tokens = await signIn(String(body.client_id), redirectUri);
    const { scope, sub } = decodeJwt(tokens.access_token ?? '');
    expect([sub, String(scope).split(' ')]).toEqual([
      'alice',
      expect.arrayContaining(['tools:call', 'keys:write']),
    ]);
    expect(scope).not.toContain('admin:write');
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });

  it.each([
    ['another host', 'https://claude.ai.evil.example/api/mcp/auth_callback'],
    ['a longer path', 'https://claude.ai/api/mcp/auth_callback/x'],
    ['a query', 'https://claude.ai/api/mcp/auth_callback?x=1'],
    ['plain http', 'http://claude.ai/api/mcp/auth_callback'],
    ['user information before a loopback host', 'http://a@127.0.0.1:1/'],
    ['a host that begins like a loopback address', 'http://127.0.0.1.evil.example/'],
    ['a fragment', 'http://127.0.0.1:1/#x'],
    ['another scheme', 'javascript:alert(1)'],
    ['another path of a known scheme', 'cursor://anysphere.other/oauth/callback'],
    ['no URL', 'callback'],
  ])('rejects a redirect URI with %s', async (_what, uri) => {
    const { status, body } = await register({ redirect_uris: [LOOPBACK, uri] });
    expect([status, body.error]).toEqual([400, 'invalid_redirect_uri']);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['no redirect URIs', '{}', 400],
    [
      'eleven redirect URIs',
      JSON.stringify({ redirect_uris: Array.from({ length: 11 }, () => LOOPBACK) }),
      400,
    ],
    ['17 KiB', JSON.stringify({ redirect_uris: [LOOPBACK], client_name: 'x'.repeat(17_000) }), 413],
  ])('rejects a registration with %s', async (_what, metadata, expected) => {
    const { status, body } = await register(metadata);
    expect([status, body.error]).toEqual([expected, 'invalid_client_metadata']);
  });

  it('allows a page on loopback to register, and no other page', async () => {
    const metadata = { redirect_uris: [LOOPBACK] };
    const inspector = await register(metadata, { origin: 'http://localhost:6274' });
    expect(inspector.headers.get('access-control-allow-origin')).toBe('http://localhost:6274');
    const foreign = await register(metadata, { origin: 'https://evil.example' });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('rejects at the authorization endpoint what only resembles a registered URI', async () => {
    const { body } = await register({ redirect_uris: ['http://127.0.0.1:1234/callback'] });
    for (const uri of [
      'http://127.0.0.1:1234/callback/',
      'http://localhost:1234/callback',
      'http://127.0.0.1:1/x',
    ])
      expect(await authorize({ client_id: String(body.client_id), redirect_uri: uri })).toBe(400);
  });

  it('rejects a code for another client, and a replayed code together with its tokens', async () => {
    const [one, other] = await Promise.all([
      register({ redirect_uris: [LOOPBACK] }),
      register({ redirect_uris: [LOOPBACK] }),
    ]);
    const clientId = String(one.body.client_id);
    const codeFor = async () =>
      ((await authorize({ client_id: clientId, redirect_uri: LOOPBACK })) as URL).searchParams.get('code') ??
      '';
    expect(await exchange(String(other.body.client_id), await codeFor(), LOOPBACK)).toMatchObject({
      error: 'invalid_grant',
    });
    const code = await codeFor();
    const { refresh_token = '' } = await exchange(clientId, code, LOOPBACK);
    expect(await exchange(clientId, code, LOOPBACK)).toMatchObject({ error: 'invalid_grant' });
    const refreshed = await fetch(`${issuer.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token }),
    });
    expect(await refreshed.json()).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a client-ID metadata document', () => {
  it('is announced in the metadata, beside the registration endpoint', async () => {
    const response = await fetch(`${issuer.url}/.well-known/oauth-authorization-server`);
    expect(await response.json()).toMatchObject({
      client_id_metadata_document_supported: true,
      registration_endpoint: `${issuer.url}/reg`,
      code_challenge_methods_supported: ['S256'],
    });
    const head = await fetch(`${issuer.url}/.well-known/oauth-authorization-server`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('lets its client sign in', async () => {
    const id = publish('https://client.example/oauth/client.json');
    const { access_token = '' } = await signIn(id, LOOPBACK);
    expect(decodeJwt(access_token)).toMatchObject({ client_id: id, sub: 'alice' });
  });

  it.each<[string, string, object]>([
    [
      'of another client id',
      'https://client.example/other.json',
      { client_id: 'https://client.example/x.json' },
    ],
    [
      'with a redirect URI that is not allowed',
      'https://client.example/evil.json',
      { redirect_uris: ['https://evil.example/cb'] },
    ],
    [
      'with a shared secret',
      'https://client.example/secret.json',
      { token_endpoint_auth_method: 'client_secret_post' },
    ],
    ['that is huge', 'https://client.example/huge.json', { client_name: 'x'.repeat(3_000_000) }],
    ['at an address', 'https://192.0.2.7/client.json', {}],
    ['at an internal address', 'https://169.254.169.254/client.json', {}],
    ['on this machine', 'https://localhost/client.json', {}],
    ['at an internal name', 'https://metadata.google.internal/client.json', {}],
    ['on another port', 'https://client.example:8443/client.json', {}],
  ])('%s is rejected', async (_what, id, change) => {
    publish(id, change);
    expect(await authorize({ client_id: id, redirect_uri: LOOPBACK })).toBe(400);
  });

  it('that does not exist is rejected', async () => {
    expect(await authorize({ client_id: 'https://client.example/none.json', redirect_uri: LOOPBACK })).toBe(
      400,
    );
  });
});

describe('a flood of registrations', () => {
  it('is rejected with 429 and leaves earlier clients able to sign in', async () => {
    const { body } = await register({ redirect_uris: [LOOPBACK] });
    const flood = await Promise.all(
      Array.from({ length: 60 }, () => register({ redirect_uris: [LOOPBACK] })),
    );
    const rejected = flood.filter(({ status }) => status === 429);
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected[0]?.body.error).toBe('temporarily_unavailable');
    expect((await signIn(String(body.client_id), LOOPBACK)).access_token).toEqual(expect.any(String));
  });
});
