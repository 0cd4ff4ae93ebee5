// A8 on AWS: official MCP clients sign in with the URL alone at an issuer with the limits of Cognito.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, it } from 'vitest';

import { createBrowser } from '#test/support/browser.ts';
import { createAuthProvider } from '#test/support/auth-provider.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const info = { name: 'a client', version: '1.0.0' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A port that no list could have named. */
const redirect = () => `http://127.0.0.1:${30_000 + Math.floor(Math.random() * 30_000)}/callback`;

onEngine('an MCP client that knows the URL alone, with an issuer like Cognito', () => {
  const portunus = usePortunus({ asCognito: true });
  const endpoint = () => new URL(`${portunus.current.url}/mcp`);
  it('signs in from any port and calls a tool with SDK 2, and refreshes its token', async () => {
    const { current } = portunus;
    const { provider, stored } = createAuthProvider(redirect());
    const transport = new StreamableHTTPClientTransport(endpoint(), { authProvider: provider });
    await expect(new Client(info).connect(transport)).rejects.toBeInstanceOf(UnauthorizedError);
    const browser = createBrowser();
    const end = await browser.signIn(stored.authorization ?? endpoint(), 'alice', provider.redirectUrl);
    await transport.finishAuth(end.searchParams);
    expect(browser.history.map((url) => new URL(url).pathname).slice(0, 2)).toEqual([
      '/authorize',
      '/oauth2/authorize',
    ]);

    const client = new Client(info);
    await client.connect(new StreamableHTTPClientTransport(endpoint(), { authProvider: provider }));
    const created = await client.callTool({ name: 'todo_create', arguments: { title: 'SDK 2' } });
    expect(created.structuredContent).toMatchObject({ todo: { title: 'SDK 2' } });
    await client.close();
    const token = stored.tokens?.access_token ?? '';
    expect(decodeProtectedHeader(token)).not.toHaveProperty('typ');
    expect(decodeJwt(token)).toMatchObject({
      iss: current.issuer.url,
      aud: `${current.url}/mcp`,
      token_use: 'access',
      'cognito:groups': ['user'],
    });

    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: stored.client?.client_id ?? '',
      refresh_token: stored.tokens?.refresh_token ?? '',
    });
    const refreshed = await current.request('POST', '/token', { headers: FORM, body });
    expect(refreshed.body).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) });
    const headers = { authorization: `Bearer ${refreshed.body.access_token}` };
    expect((await current.request('GET', '/api-keys', { headers })).status).toBe(200);
    expect(JSON.stringify(current.lambda.logs())).not.toContain(token);
  });

  it('signs in and calls a tool with SDK 1', async () => {
    const { provider, stored } = createAuthProvider(redirect());
    const transport = new OldTransport(endpoint(), { authProvider: provider });
    await expect(new OldClient(info).connect(transport)).rejects.toThrow('Unauthorized');
    const end = await createBrowser().signIn(stored.authorization ?? endpoint(), 'bob', provider.redirectUrl);
    await transport.finishAuth(end.searchParams.get('code') ?? '');

    const client = new OldClient(info);
    await client.connect(new OldTransport(endpoint(), { authProvider: provider }));
    const created = await client.callTool({ name: 'todo_create', arguments: { title: 'SDK 1' } });
    expect(created.structuredContent).toMatchObject({ todo: { title: 'SDK 1' } });
    await client.close();
  });

  it('could not sign in at the issuer itself, which has no registration and compares ports', async () => {
    const { issuer } = portunus.current;
    const metadata = await fetch(`${issuer.url}/.well-known/openid-configuration`);
    const own = (await metadata.json()) as Record<string, unknown>;
    expect(own).not.toHaveProperty('registration_endpoint');
    expect(own).not.toHaveProperty('code_challenge_methods_supported');
    expect((await fetch(`${issuer.url}/.well-known/oauth-authorization-server`)).status).toBe(404);
    expect((await fetch(`${issuer.url}/reg`, { method: 'POST' })).status).toBe(404);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: '1h57kf5cpq17m0eml12EXAMPLE',
      redirect_uri: 'http://localhost:1/authorize/callback',
    });
    const direct = await fetch(`${issuer.url}/oauth2/authorize?${query}`, { redirect: 'manual' });
    expect([direct.status, direct.headers.get('location')]).toEqual([400, null]);
  });

  it('finds the metadata in both forms, by GET and HEAD, from any page', async () => {
    const { current } = portunus;
    const forms = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
    for (const path of forms) {
      const { body, headers } = await current.request('GET', path);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(body).toMatchObject({
        issuer: current.url,
        registration_endpoint: `${current.url}/register`,
        authorization_endpoint: `${current.url}/authorize`,
        token_endpoint: `${current.url}/token`,
        code_challenge_methods_supported: ['S256'],
        id_token_signing_alg_values_supported: ['RS256'],
      });
      expect((await current.request('HEAD', path)).status).toBe(200);
    }
    const preflight = await current.request('OPTIONS', '/register');
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is not registered with a redirect URI that nearly matches, and nothing is stored', async () => {
    const { current } = portunus;
    const register = (body: unknown) =>
      current.request('POST', '/register', {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const calls = current.journal.all().length;
    const near = await register({ redirect_uris: ['https://claude.ai.evil.example/api/mcp/auth_callback'] });
    expect([near.status, near.body]).toMatchObject([
      400,
      { error: 'invalid_redirect_uri', error_description: expect.stringContaining('RedirectUris') },
    ]);
    expect(near.text).not.toContain('evil.example');
    expect((await register('{')).body.error).toBe('invalid_request');
    expect((await register([])).body.error).toBe('invalid_client_metadata');
    const huge = await register({ redirect_uris: ['http://localhost'], client_name: 'x'.repeat(17_000) });
    expect([huge.status, huge.body.error]).toEqual([413, 'invalid_request']);
    const known = await register({ redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] });
    expect([known.status, known.body.client_id]).toEqual([201, '1h57kf5cpq17m0eml12EXAMPLE']);
    const own = current.journal
      .all()
      .slice(calls)
      .filter(({ caller }) => caller.includes('oauth'));
    expect(own).toEqual([]);
  });

  it('cannot use a code twice, nor without its verifier, nor in another browser', async () => {
    const { current } = portunus;
    const { provider, stored } = createAuthProvider(redirect());
    const transport = new StreamableHTTPClientTransport(endpoint(), { authProvider: provider });
    await expect(new Client(info).connect(transport)).rejects.toBeInstanceOf(UnauthorizedError);
    const browser = createBrowser();
    const end = await browser.signIn(stored.authorization ?? endpoint(), 'alice', provider.redirectUrl);
    const form = (change: Record<string, string>) =>
      current.request('POST', '/token', {
        headers: FORM,
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: stored.client?.client_id ?? '',
          code: end.searchParams.get('code') ?? '',
          code_verifier: stored.verifier,
          redirect_uri: provider.redirectUrl,
          ...change,
        }),
      });
    const callback = browser.history.find((url) => url.includes('/authorize/callback')) ?? '';
    const elsewhere = await fetch(callback, { redirect: 'manual' });
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([400, { error: 'invalid_request' }]);

    expect((await form({ code_verifier: 'x'.repeat(43) })).body.error).toBe('invalid_grant');
    expect((await form({})).status).toBe(200);
    expect((await form({})).body.error).toBe('invalid_grant');
    expect((await form({ client_id: 'another' })).body.error).toBe('invalid_client');
    const repeated = await current.request('POST', '/token', {
      headers: FORM,
      body: `grant_type=refresh_token&client_id=${stored.client?.client_id}&refresh_token=a&refresh_token=b`,
    });
    expect(repeated.body.error).toBe('invalid_request');
  });
});

onEngine('a flood of registrations', () => {
  const portunus = usePortunus({ asCognito: true });

  it('is rejected at the gateway, and leaves the other routes their share', async () => {
    const { current } = portunus;
    const body = JSON.stringify({ redirect_uris: ['http://localhost/callback'] });
    const headers = { 'content-type': 'application/json' };
    const flood = await Promise.all(
      Array.from({ length: 200 }, () => current.request('POST', '/register', { headers, body })),
    );
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([201, 429]));
    expect((await current.request('GET', '/health')).status).toBe(200);
  });
});
