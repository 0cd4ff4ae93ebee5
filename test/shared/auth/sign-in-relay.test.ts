import { describe, expect, it } from 'vitest';

import { createRedirectPolicy, loopbackHost } from '#shared/auth/redirect-uris.ts';
import { authorizeAt, passBack, registerClient, type RelaySite } from '#shared/auth/sign-in-relay.ts';
import { tokenRequest, tokenResponse } from '#shared/auth/sign-in-tokens.ts';

const CLAUDE = 'https://claude.ai/api/mcp/auth_callback';
const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback';
const ALLOWED = ['http://127.0.0.1', 'http://localhost', CLAUDE, CURSOR];

let count = 0;
const site: RelaySite = {
  publicUrl: 'https://api.example.com',
  authorize: 'https://login.example.com/oauth2/authorize',
  clientId: 'the-client',
  scopePrefix: 'portunus/',
  scopes: ['tools:call', 'todo:read'],
  isAllowed: createRedirectPolicy(ALLOWED),
  random: () => `nonce ${(count += 1)}`,
};

/** OAuth's own error code and our message. */
function rejection(work: () => unknown) {
  try {
    work();
  } catch (error) {
    const { details, message } = error as { details: { oauth_error?: string }; message: string };
    return [details.oauth_error, message];
  }
  return undefined;
}

describe('the allow-list of redirect URIs', () => {
  it.each([
    CLAUDE,
    CURSOR,
    'http://127.0.0.1:54321/callback',
    'http://localhost/',
    'http://localhost:6274/oauth/callback?x=1',
  ])('allows %s', (uri) => {
    expect(site.isAllowed(uri)).toBe(true);
  });

  it.each([
    `${CLAUDE}/`,
    `${CLAUDE}?next=https://evil.example`,
    CLAUDE.replace('https', 'http'),
    CLAUDE.replace('claude.ai', 'claude.ai.evil.example'),
    CLAUDE.replace('claude.ai', 'CLAUDE.AI'),
    CLAUDE.replace('https://', 'https://claude.ai@'),
    CURSOR.replace('oauth', 'oauth2'),
    'http://[::1]:54321/callback', // not on this list
    'https://127.0.0.1:54321/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.1@evil.example/callback',
    'http://evil.example#@127.0.0.1',
    'http://localhost:80@evil.example/',
    'http://127.1/callback',
    'http://2130706433/callback',
    'http:\\\\127.0.0.1\\callback',
    'http://127.0.0.1/\ncallback',
    'http://user:secret@127.0.0.1/callback',
    'http://localhost.evil.example/',
    'http://0.0.0.0/callback',
    'javascript:alert(1)',
    '',
  ])('rejects %j', (uri) => {
    expect(site.isAllowed(uri)).toBe(false);
  });

  it('takes no loopback host that it does not name', () => {
    const isAllowed = createRedirectPolicy([CLAUDE, 'http://127.0.0.1:8788/callback']);
    expect(isAllowed('http://127.0.0.1:8788/callback')).toBe(true);
    expect(isAllowed('http://127.0.0.1:8789/callback')).toBe(false);
    expect(loopbackHost('http://[::1]:1/')).toBe('[::1]');
  });
});

describe('a registration', () => {
  it('is answered with the one client, for its own redirect URIs, as a public client', () => {
    const redirect_uris = [CURSOR, 'http://localhost:8787/callback'];
    const metadata = {
      redirect_uris,
      client_name: `Cursor${'.'.repeat(500)}`,
      client_id: 'mine',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      logo_uri: 'https://evil.example/x.png',
    };
    expect(registerClient(site, metadata)).toEqual({
      client_id: 'the-client',
      redirect_uris,
      client_name: metadata.client_name.slice(0, 100),
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    });
  });

  it('is rejected as a whole for one redirect URI that nearly matches, by its place and not by its text', () => {
    const near = `${CLAUDE}/secret-path`;
    const [error, message] = rejection(() => registerClient(site, { redirect_uris: [CLAUDE, near] })) ?? [];
    expect([error, message]).toEqual(['invalid_redirect_uri', expect.stringContaining('redirect_uris.1')]);
    expect(message).not.toContain('secret-path');
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'redirect_uris'],
    ['no redirect URIs', { redirect_uris: [] }],
    ['numbers as redirect URIs', { redirect_uris: [1] }],
    ['too many redirect URIs', { redirect_uris: Array.from({ length: 21 }, () => CLAUDE) }],
  ])('is rejected with %s', (_what, metadata) => {
    expect(rejection(() => registerClient(site, metadata))?.[0]).toBe('invalid_client_metadata');
  });
});

const request = {
  response_type: 'code',
  client_id: 'the-client',
  redirect_uri: 'http://127.0.0.1:54321/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  state: 'client state',
};

function pageFor(query: Record<string, string | undefined>) {
  const answer = authorizeAt(site, query);
  if (answer.kind !== 'page') throw new Error(answer.to);
  return { ...answer, next: new URL(answer.next).searchParams };
}

describe('an authorization request', () => {
  it('leads to the issuer with our client, our redirect URI, our resource and PKCE of the client', () => {
    const { next, client } = pageFor({
      ...request,
      resource: 'https://api.example.com/mcp',
      prompt: 'consent',
    });
    expect(client).toBe(request.redirect_uri);
    const { state, ...sent } = Object.fromEntries(next);
    expect(sent).toEqual({
      response_type: 'code',
      client_id: 'the-client',
      redirect_uri: 'https://api.example.com/authorize/callback',
      code_challenge: request.code_challenge,
      code_challenge_method: 'S256',
      resource: 'https://api.example.com/mcp',
      scope: 'openid portunus/tools:call portunus/todo:read',
    });
    expect(state).not.toBe(request.state);
  });

  it('requests a new sign-in of the issuer for a client that requests one', () => {
    expect(pageFor({ ...request, prompt: 'login' }).next.get('prompt')).toBe('login');
    expect(pageFor(request).next.has('prompt')).toBe(false);
  });

  it.each([
    ['todo:read', 'openid portunus/todo:read'],
    ['portunus/todo:read unknown offline_access', 'openid portunus/todo:read'],
    ['openid offline_access', 'openid portunus/tools:call portunus/todo:read'],
    ['', 'openid portunus/tools:call portunus/todo:read'],
  ])('for the scope %j requests %j', (scope, expected) => {
    expect(pageFor({ ...request, scope }).next.get('scope')).toBe(expected);
  });

  it.each([
    [{ client_id: 'another' }, 'invalid_client'],
    [{ client_id: undefined }, 'invalid_client'],
    [{ redirect_uri: 'https://evil.example/callback' }, 'invalid_redirect_uri'],
    [{ redirect_uri: undefined }, 'invalid_redirect_uri'],
  ])('with %j redirects nowhere', (change, error) => {
    expect(rejection(() => authorizeAt(site, { ...request, ...change }))?.[0]).toBe(error);
  });

  it.each([
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ state: 'x'.repeat(3000) }, 'invalid_request'],
    [{ resource: 'https://another.example/mcp' }, 'invalid_target'],
    [{ scope: 'everything' }, 'invalid_scope'],
  ])('with %j tells the client', (change, error) => {
    const answer = authorizeAt(site, { ...request, ...change });
    if (answer.kind !== 'redirect') throw new Error('The request was accepted.');
    const to = new URL(answer.to);
    expect(to.href.startsWith(request.redirect_uri)).toBe(true);
    expect([to.searchParams.get('error'), to.searchParams.get('iss')]).toEqual([error, site.publicUrl]);
  });
});

const holding = (cookie: string) => (name: string) => name === cookie;

describe("the issuer's answer", () => {
  const started = (redirect_uri = request.redirect_uri) => {
    const { next, cookie } = pageFor({ ...request, redirect_uri });
    return { state: next.get('state') ?? '', cookie };
  };

  it.each([request.redirect_uri, CURSOR, 'http://localhost:1/cb?a=b'])(
    'goes back to %s with its state, the code and our issuer',
    (redirectUri) => {
      const { state, cookie } = started(redirectUri);
      const to = new URL(passBack(site, { state, code: 'the code' }, holding(cookie)).to);
      expect(to.href.startsWith(redirectUri)).toBe(true);
      expect([to.searchParams.get('code'), to.searchParams.get('state'), to.searchParams.get('iss')]).toEqual(
        ['the code', 'client state', site.publicUrl],
      );
    },
  );

  it('passes an error on, without a code', () => {
    const { state, cookie } = started();
    const answer = { state, error: 'access_denied', error_description: 'x'.repeat(1000) };
    const { searchParams } = new URL(passBack(site, answer, holding(cookie)).to);
    expect(searchParams.get('error')).toBe('access_denied');
    expect(searchParams.get('error_description')).toHaveLength(300);
    expect(searchParams.has('code')).toBe(false);
  });

  it('is rejected in a browser that has not shown our page, or has shown it for another sign-in', () => {
    const [first, second] = [started(), started()];
    expect(first.cookie).not.toBe(second.cookie);
    const crossed = () => passBack(site, { state: first.state, code: 'x' }, holding(second.cookie));
    expect(rejection(crossed)?.[0]).toBe('invalid_request');
  });

  it.each([
    '',
    'not base64url!',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('["n",1,null]').toString('base64url'),
  ])('is rejected with the state %j', (state) => {
    expect(rejection(() => passBack(site, { state, code: 'x' }, () => true))?.[0]).toBe('invalid_request');
  });

  it('goes to no redirect URI that a browser wrote into the state', () => {
    const forged = Buffer.from(JSON.stringify(['n', 'https://evil.example/', null])).toString('base64url');
    expect(rejection(() => passBack(site, { state: forged, code: 'x' }, () => true))?.[0]).toBe(
      'invalid_request',
    );
  });
});

describe('a token request', () => {
  const code = {
    grant_type: 'authorization_code',
    client_id: 'the-client',
    code: 'c',
    code_verifier: 'v',
    redirect_uri: request.redirect_uri,
  };

  it('reaches the issuer with our redirect URI, and with nothing that it does not need', () => {
    expect(
      tokenRequest(site, { ...code, resource: 'https://api.example.com/mcp', client_secret: 's' }),
    ).toEqual({
      ...code,
      redirect_uri: 'https://api.example.com/authorize/callback',
    });
    const refresh = { grant_type: 'refresh_token', client_id: 'the-client', refresh_token: 'r' };
    expect(tokenRequest(site, { ...refresh, scope: 'x' })).toEqual(refresh);
  });

  it.each([
    [{ client_id: 'another' }, 'invalid_client'],
    [{ grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    [{ grant_type: undefined }, 'unsupported_grant_type'],
    [{ code: undefined }, 'invalid_request'],
    [{ code_verifier: undefined }, 'invalid_request'],
    [{ redirect_uri: 'https://evil.example/' }, 'invalid_grant'],
    [{ grant_type: 'refresh_token' }, 'invalid_request'],
  ])('with %j is rejected', (change, error) => {
    expect(rejection(() => tokenRequest(site, { ...code, ...change }))?.[0]).toBe(error);
  });

  it("returns the members of the issuer's token response that OAuth knows", () => {
    const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 900, refresh_token: 'r' };
    expect(tokenResponse(200, { ...tokens, internal: 1 })).toEqual(tokens);
  });

  it.each([
    [400, { error: 'invalid_grant', error_description: 'text of the issuer' }, 'invalid_grant'],
    [400, { error: 'something_new' }, 'temporarily_unavailable'],
    [500, { error: 'invalid_grant' }, 'temporarily_unavailable'],
    [200, { token_type: 'Bearer' }, 'temporarily_unavailable'],
    [200, undefined, 'temporarily_unavailable'],
  ])('answered with %i %j is %s', (status, body, error) => {
    const [given, message] = rejection(() => tokenResponse(status, body)) ?? [];
    expect(given).toBe(error);
    expect(message).not.toContain('text of the issuer');
  });
});
