// P1, P2: the official MCP clients sign in with the URL alone: no client id, no scope, no header.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';

import { createAuthProvider } from '#test/support/auth-provider.ts';
import { browse } from '#test/support/sign-in.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const REDIRECT = 'http://127.0.0.1:54321/callback';

onEngine('an MCP client that knows the URL alone', () => {
  const portunus = usePortunus();
  const info = { name: 'a client', version: '1.0.0' };
  const endpoint = () => new URL(`${portunus.current.url}/mcp`);

  it('signs in and calls a tool with SDK 2', async () => {
    const { provider, stored } = createAuthProvider(REDIRECT);
    const transport = new StreamableHTTPClientTransport(endpoint(), { authProvider: provider });
    await expect(new Client(info).connect(transport)).rejects.toBeInstanceOf(UnauthorizedError);
    const code = await browse(stored.authorization ?? endpoint(), 'alice');
    await transport.finishAuth(new URLSearchParams({ code, iss: portunus.current.issuer.url }));

    const client = new Client(info);
    await client.connect(new StreamableHTTPClientTransport(endpoint(), { authProvider: provider }));
    const created = await client.callTool({ name: 'todo_create', arguments: { title: 'SDK 2' } });
    expect(created.structuredContent).toMatchObject({ todo: { title: 'SDK 2' } });
    await client.close();
    expect(decodeJwt(stored.tokens?.access_token ?? '').client_id).toBe(stored.client?.client_id);
  });

  it('signs in and calls a tool with SDK 1', async () => {
    const { provider, stored } = createAuthProvider(REDIRECT);
    const transport = new OldTransport(endpoint(), { authProvider: provider });
    await expect(new OldClient(info).connect(transport)).rejects.toThrow('Unauthorized');
    await transport.finishAuth(await browse(stored.authorization ?? endpoint(), 'bob'));

    const client = new OldClient(info);
    await client.connect(new OldTransport(endpoint(), { authProvider: provider }));
    const created = await client.callTool({ name: 'todo_create', arguments: { title: 'SDK 1' } });
    expect(created.structuredContent).toMatchObject({ todo: { title: 'SDK 1' } });
    await client.close();
    expect(decodeJwt(stored.tokens?.access_token ?? '').client_id).toBe(stored.client?.client_id);
  });
});

onEngine('the metadata of the protected resource', () => {
  const portunus = usePortunus();

  it.each(['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'])(
    'is served at %s to GET, HEAD and pages of any origin',
    async (path) => {
      const url = portunus.current.url + path;
      const whole = await fetch(url);
      expect(await whole.json()).toMatchObject({
        resource: `${portunus.current.url}/mcp`,
        authorization_servers: [portunus.current.issuer.url],
      });
      expect(whole.headers.get('access-control-allow-origin')).toBe('*');
      const head = await fetch(url, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const preflight = await fetch(url, { method: 'OPTIONS' });
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
    },
  );
});
