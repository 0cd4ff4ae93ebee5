// A real MCP client that knows nothing but the URL: challenge → metadata → issuer → code with PKCE → token → tool.
import { rm } from 'node:fs/promises';

import { UnauthorizedError } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Portunus, startPortunus } from '#test/support/portunus.ts';
import { browse, connectTo, session } from '#test/support/sign-in.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('an MCP client that is given the URL only', () => {
  const portunus = usePortunus();

  it('finds the issuer, signs its user in and calls a tool', async () => {
    const { current } = portunus;
    const { provider, sentTo, accessToken } = session();
    const connect = () => connectTo(current.url, provider);

    const first = connect();
    await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
    const authorization = sentTo();
    expect(authorization?.origin).toBe(current.issuer.url);
    expect(authorization?.searchParams.get('resource')).toBe(`${current.url}/mcp`);
    expect(authorization?.searchParams.get('code_challenge_method')).toBe('S256');

    const code = await browse(authorization ?? new URL(current.url), 'alice');
    await first.transport.finishAuth(new URLSearchParams({ code, iss: current.issuer.url }));

    const second = connect();
    await second.connected;
    const { structuredContent } = await second.client.callTool({
      name: 'todo_create',
      arguments: { title: 'signed in' },
    });
    expect(structuredContent).toMatchObject({ todo: { title: 'signed in' } });
    await second.client.close();

    const alice = await current.person('alice');
    expect((await alice.invoke('todo_list')).body.result.todos).toMatchObject([{ title: 'signed in' }]);
    // An issuer that describes itself is not described twice.
    const own = await current.request('GET', '/.well-known/oauth-authorization-server');
    expect(own.body).toMatchObject({
      status: 404,
      next_step: expect.stringContaining('oauth-protected-resource'),
    });

    // The token stays between client and gateway: nothing behind it ever sees it.
    expect(JSON.stringify(current.lambda.logs())).not.toContain(accessToken());
  });

  it('stays out with what it refreshes once its user has ended every session', async () => {
    const { current } = portunus;
    const { provider, sentTo, accessToken, refreshToken } = session();
    const first = connectTo(current.url, provider);
    await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
    const code = await browse(sentTo() as URL, 'bob');
    await first.transport.finishAuth(new URLSearchParams({ code, iss: current.issuer.url }));
    const keys = (token: string) =>
      current.request('GET', '/api-keys', { headers: { authorization: `Bearer ${token}` } });
    expect((await keys(accessToken())).status).toBe(200);

    // A cut is a whole second: what was signed in for within it is not told apart from what comes after.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const bob = await current.person('bob');
    expect((await bob.post('/sessions/revoke-all', undefined)).body).toMatchObject({ success: true });
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'portunus-cli',
      refresh_token: refreshToken(),
      resource: `${current.url}/mcp`,
    });
    const refreshed = await fetch(`${current.issuer.url}/token`, { method: 'POST', body });
    const { access_token } = (await refreshed.json()) as { access_token: string };
    expect(refreshed.status).toBe(200); // the issuer goes on
    expect(access_token).not.toBe(accessToken());
    expect((await keys(access_token)).body.reason).toBe('session_revoked'); // we do not
  });
});

onEngine('an MCP client whose token lacks the entry scope', () => {
  const portunus = usePortunus();

  it.each(['legacy', 'auto'] as const)('gets a wider one and goes on (%s)', async (era) => {
    const { current } = portunus;
    const { provider, sentTo, accessToken } = session();
    const access_token = await current.issuer.mint({ sub: 'alice', scopes: ['keys:read'] });
    await provider.saveTokens({
      access_token,
      token_type: 'Bearer',
      scope: 'keys:read',
      issuer: current.issuer.url,
    });

    const first = connectTo(current.url, provider, era);
    await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
    // The scopes it had, and those that the challenge names.
    const asked = sentTo()?.searchParams.get('scope')?.split(' ');
    expect(asked).toEqual(expect.arrayContaining(['keys:read', 'tools:call', 'todo:write']));
    const code = await browse(sentTo() as URL, 'alice');
    await first.transport.finishAuth(new URLSearchParams({ code, iss: current.issuer.url }));

    const second = connectTo(current.url, provider, era);
    await second.connected;
    const { structuredContent } = await second.client.callTool({
      name: 'todo_create',
      arguments: { title: 'with a wider token' },
    });
    expect(structuredContent).toMatchObject({ todo: { title: 'with a wider token' } });
    await second.client.close();
    expect(accessToken()).not.toBe(access_token);
  });

  it('is challenged by the gateway, and the rejection is recorded', async () => {
    const { current } = portunus;
    const poor = await current.person('bob', { scopes: ['keys:read', 'audit:read'] });
    const { status, headers, body } = await poor.post('/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' });
    expect([status, body.code]).toEqual([403, 'insufficient_scope']);
    expect(headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_scope", scope="[^"]*tools:call[^"]*", resource_metadata="http/,
    );
    // Calls that its scopes allow still succeed.
    expect((await poor.get('/api-keys')).status).toBe(200);
    const { body: trail } = await poor.get('/audit/logs?action=authentication.refused');
    expect(trail.logs).toMatchObject([{ error: 'insufficient_scope' }]);
  });
});

/** Every function is told of these issuers in place of the stage's own. */
const believing =
  (issuer: object) =>
  (templates: Record<string, { Resources: Record<string, { Properties?: unknown }> }>) => {
    for (const { Resources } of Object.values(templates)) {
      for (const { Properties } of Object.values(Resources)) {
        const { Environment } = (Properties ?? {}) as {
          Environment?: { Variables: Record<string, unknown> };
        };
        if (Environment?.Variables['ISSUERS']) Environment.Variables['ISSUERS'] = JSON.stringify([issuer]);
      }
    }
  };

/** A token in Cognito's shape: no type, no audience, prefixed scopes, groups instead of roles. */
const cognito = (overrides: object = {}) => ({
  header: { typ: undefined },
  scopes: ['openid', 'portunus/tools:call', 'portunus/todo:read', 'keys:read'],
  overrides: {
    aud: undefined,
    token_use: 'access',
    roles: undefined,
    origin_jti: 'x',
    sid: undefined,
    ...overrides,
  },
});

onEngine('an issuer without usable metadata for MCP clients', () => {
  let home = '';
  let current: Portunus;
  afterAll(async () => {
    await current?.stop();
    await rm(home, { recursive: true, force: true });
  });

  /** The second start of a home finds the ports of the first: by then the issuer's address is known. */
  async function start(more: object): Promise<void> {
    await current?.stop();
    const first = await startPortunus(home === '' ? {} : { home });
    await first.stop();
    ({ home } = first);
    const { url: issuer, jwksUrl: jwksUri, audience } = first.issuer;
    current = await startPortunus({
      home,
      mutate: believing({
        issuer,
        jwksUri,
        audiences: [audience],
        algorithms: ['RS256'],
        rolesClaim: 'cognito:groups',
        endpoints: {
          authorize: `${issuer}/auth`,
          token: `${issuer}/token`,
          revoke: `${issuer}/token/revocation`,
        },
        ...more,
      }),
    });
  }

  describe('is described in our name', () => {
    beforeAll(() => start({}));

    it('so that a client finds it, signs its user in, calls a tool and signs out', async () => {
      const { provider, sentTo, accessToken, refreshToken } = session();
      const first = connectTo(current.url, provider);
      await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
      expect(sentTo()?.origin).toBe(current.issuer.url);
      expect(sentTo()?.searchParams.get('code_challenge_method')).toBe('S256');
      // Cognito names no issuer when it sends the user back.
      await first.transport.finishAuth(new URLSearchParams({ code: await browse(sentTo() as URL, 'alice') }));

      const second = connectTo(current.url, provider);
      await second.connected;
      const { structuredContent } = await second.client.callTool({ name: 'time_now', arguments: {} });
      expect(structuredContent).toBeDefined();
      await second.client.close();

      const metadata = await current.request('GET', '/.well-known/oauth-authorization-server');
      const body = new URLSearchParams({ client_id: 'portunus-cli', token: refreshToken() });
      const revoked = await fetch(metadata.body.revocation_endpoint, { method: 'POST', body });
      expect(revoked.status).toBe(200);
      const alice = await current.person('alice');
      expect((await alice.post('/sessions/revoke-all', undefined)).body).toMatchObject({ success: true });
      const headers = { authorization: `Bearer ${accessToken()}` };
      expect((await current.request('GET', '/api-keys', { headers })).body.reason).toBe('session_revoked');
    });

    it('with S256, our own name, and nothing it does not do', async () => {
      const { status, body } = await current.request('GET', '/.well-known/oauth-authorization-server');
      expect(status).toBe(200);
      expect(body).toMatchObject({ issuer: current.url, code_challenge_methods_supported: ['S256'] });
      expect(body).not.toHaveProperty('authorization_response_iss_parameter_supported');
      expect(body).not.toHaveProperty('registration_endpoint');
      const resource = await current.request('GET', '/.well-known/oauth-protected-resource/mcp');
      expect(resource.body.authorization_servers).toEqual([current.url]);
    });
  });

  describe('and whose tokens are shaped like Cognito’s', () => {
    beforeAll(() => start({ clientIds: ['portunus-cli'], scopePrefix: 'portunus/' }));
    // Not alice: she ended every session above, and a token of the same second would still be one of those.
    it('lets them in without an audience, by client and prefixed scope', async () => {
      const bob = await current.person('bob', cognito());
      expect((await bob.invoke('todo_list')).status).toBe(200);
      expect((await bob.get('/api-keys')).body.code).toBe('insufficient_scope'); // no prefix, no scope of ours
      const erin = await current.person('erin', cognito({ 'cognito:groups': ['auditor'] }));
      expect((await erin.invoke('todo_list')).body.code).toBe('forbidden');
    });

    it.each([
      ['of another client of the pool', { client_id: 'another' }],
      ['that is an ID token', { token_use: 'id', aud: 'portunus-cli' }],
      ['with none of our scopes', { scope: 'openid email' }],
      ['for another audience', { aud: 'https://elsewhere.example' }],
    ])('rejects one %s', async (_what, overrides) => {
      const bob = await current.person('bob', cognito(overrides));
      expect((await bob.invoke('todo_list')).status).toBe(401);
    });

    it('names the scopes with their prefix', async () => {
      const { body } = await current.request('GET', '/.well-known/oauth-protected-resource/mcp');
      expect(body.scopes_supported).toContain('portunus/tools:call');
    });
  });
});
