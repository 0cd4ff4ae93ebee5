import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Issuer, startIssuer } from '#local/issuer/issuer.ts';
import { listen } from '#local/listen.ts';

const publicUrl = 'http://127.0.0.1:9';
const resource = `${publicUrl}/mcp`;
const redirectUri = 'http://127.0.0.1:54321/callback';

let folder: string;
let issuer: Issuer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portunus-issuer-'));
  const probe = await listen(createServer(), 0);
  await probe.close();
  issuer = await startIssuer({ folder, port: probe.port, publicUrl });
});
afterAll(async () => {
  await issuer.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Tokens = { access_token: string; refresh_token: string; expires_in: number; error?: string };

/** A browser of its own: follows redirects on the issuer by hand and keeps its cookies. */
function browser() {
  const cookies = new Map<string, string>();
  return async (url: string, form?: Record<string, string>) => {
    const response = await fetch(new URL(url, issuer.url), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get('location') ?? '',
      text: await response.text(),
    };
  };
}

const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

const authorization = (changes: Record<string, string> = {}) => {
  const query = new URLSearchParams({
    client_id: 'portunus-cli',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid tools:call todo:read admin:write',
    resource,
    state: 's',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  });
  return `/auth?${query}`;
};

async function redirectAfterSignIn(sub: string, changes: Record<string, string> = {}): Promise<URL> {
  const visit = browser();
  const started = await visit(authorization(changes));
  if (started.status !== 303) return new URL(`http://rejected/?status=${started.status}`);
  if (started.location.startsWith('http://127.0.0.1:54321')) return new URL(started.location);
  const chosen = await visit(started.location, { sub });
  const resumed = await visit(chosen.location);
  return new URL(resumed.location);
}

async function token(form: Record<string, string>): Promise<Tokens> {
  const body = new URLSearchParams({ client_id: 'portunus-cli', ...form });
  return (await (await fetch(`${issuer.url}/token`, { method: 'POST', body })).json()) as Tokens;
}

async function signIn(sub: string): Promise<Tokens> {
  const code = (await redirectAfterSignIn(sub)).searchParams.get('code') ?? '';
  return token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
}

const verify = (jwt: string) =>
  jwtVerify(jwt, createRemoteJWKSet(new URL(issuer.jwksUrl)), {
    issuer: issuer.url,
    audience: resource,
    typ: 'at+jwt',
    algorithms: ['RS256'],
  });

describe('the code flow', () => {
  it('has metadata with S256 as the only challenge method', async () => {
    const discovery = (await (
      await fetch(`${issuer.url}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    const authorizationServer = await fetch(`${issuer.url}/.well-known/oauth-authorization-server`);
    expect(authorizationServer.status).toBe(200);
    expect(discovery).toMatchObject({
      issuer: issuer.url,
      jwks_uri: issuer.jwksUrl,
      code_challenge_methods_supported: ['S256'],
      revocation_endpoint: `${issuer.url}/token/revocation`,
    });
  });

  it('shows the demo users and the requested scopes', async () => {
    const visit = browser();
    const { location } = await visit(authorization());
    const { text } = await visit(location);
    for (const part of ['alice', 'bob', 'carol', 'dave', 'erin', 'portunus-cli', 'tools:call'])
      expect(text).toContain(part);
  });

  it('issues a JWT for the resource with the user’s role and no scope beyond it', async () => {
    const { access_token, expires_in } = await signIn('alice');
    const { payload } = await verify(access_token);
    expect(payload).toMatchObject({
      sub: 'alice',
      client_id: 'portunus-cli',
      roles: ['user'],
      aud: resource,
    });
    expect(String(payload.scope).split(' ')).toEqual(expect.arrayContaining(['tools:call', 'todo:read']));
    expect(payload.scope).not.toContain('admin:write');
    expect(expires_in).toBe(900);
  });

  it('issues an admin’s token with all scopes of the role', async () => {
    const { payload } = await verify((await signIn('erin')).access_token);
    expect(payload.roles).toEqual(['admin']);
    expect(payload.scope).toContain('admin:write');
  });

  it('rotates the refresh token and rejects the old one', async () => {
    const first = await signIn('alice');
    const second = await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect((await verify(second.access_token)).payload.sub).toBe('alice');
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const again = await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect(again.error).toBe('invalid_grant');
  });

  it('revokes a refresh token', async () => {
    const { refresh_token } = await signIn('bob');
    const body = new URLSearchParams({ client_id: 'portunus-cli', token: refresh_token });
    const revoked = await fetch(`${issuer.url}/token/revocation`, { method: 'POST', body });
    expect(revoked.status).toBe(200);
    expect((await token({ grant_type: 'refresh_token', refresh_token })).error).toBe('invalid_grant');
  });

  it.each([
    ['another resource', { resource: 'http://127.0.0.1:9/other' }, 'invalid_target'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
  ])('rejects %s', async (_name, changes, error) => {
    expect((await redirectAfterSignIn('alice', changes)).searchParams.get('error')).toBe(error);
  });

  it.each([
    ['a foreign redirect', { redirect_uri: 'http://evil.example/callback' }],
    ['an unknown client', { client_id: 'nobody' }],
  ])('never redirects to %s', async (_name, changes) => {
    expect((await redirectAfterSignIn('alice', changes)).searchParams.get('status')).toBe('400');
  });

  it('rejects a code with the wrong verifier', async () => {
    const code = (await redirectAfterSignIn('alice')).searchParams.get('code') ?? '';
    const answer = await token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: 'x'.repeat(43),
    });
    expect(answer.error).toBe('invalid_grant');
  });

  it('shows an error page for an expired sign-in', async () => {
    const { status, text } = await browser()('/login/long-gone');
    expect(status).toBe(400);
    expect(text).toContain('sign-in is over');
  });
});

describe('a minted token', () => {
  it('has the same claims as one from the code flow', async () => {
    const minted = await issuer.mint({ sub: 'alice' });
    const issued = (await signIn('alice')).access_token;
    await expect(verify(minted)).resolves.toBeDefined();
    expect(decodeProtectedHeader(minted)).toEqual(decodeProtectedHeader(issued));
    expect(Object.keys(decodeJwt(minted)).toSorted()).toEqual(Object.keys(decodeJwt(issued)).toSorted());
  });

  it('holds all scopes of the user’s role, or of the role it is given', async () => {
    expect(decodeJwt(await issuer.mint({ sub: 'carol' })).scope).toBe('usage:read account:write audit:read');
    const admin = decodeJwt(await issuer.mint({ sub: 'carol', roles: ['admin'] }));
    expect(admin).toMatchObject({ roles: ['admin'], scope: expect.stringContaining('admin:write') });
  });

  it('has the claims and header fields that a test overrides', async () => {
    const odd = await issuer.mint({
      sub: 'x',
      scopes: ['a'],
      expiresInSeconds: -5,
      audience: 'else',
      header: { typ: 'JWT' },
      overrides: { iss: 'evil', jti: undefined },
    });
    expect(decodeProtectedHeader(odd).typ).toBe('JWT');
    const claims = decodeJwt(odd);
    expect(claims).toMatchObject({ sub: 'x', scope: 'a', aud: 'else', iss: 'evil' });
    expect(claims.jti).toBeUndefined();
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(-5);
  });
});

describe('another start', () => {
  let second: Issuer | undefined;
  afterEach(() => second?.stop());

  it('in the same folder signs with the same key, which only the owner can read', async () => {
    const probe = await listen(createServer(), 0);
    await probe.close();
    second = await startIssuer({ folder, port: probe.port, publicUrl });
    const before = decodeProtectedHeader(await issuer.mint({ sub: 'alice' }));
    expect(decodeProtectedHeader(await second.mint({ sub: 'alice' }))).toEqual(before);
    expect(statSync(join(folder, 'issuer', 'keys.json')).mode & 0o077).toBe(0);
  });

  it('on a port in use throws an error that names it', async () => {
    const port = Number(new URL(issuer.url).port);
    await expect(startIssuer({ folder, port, publicUrl })).rejects.toThrow(`Port ${port} is in use`);
  });
});
