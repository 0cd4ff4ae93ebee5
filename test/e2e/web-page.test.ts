import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

/** Web origin of stage `local`: infra/config.ts. */
const PAGE = 'http://localhost:5173';
const FOREIGN = 'https://evil.example';

onEngine('a page in a browser', () => {
  const portunus = usePortunus();

  const from = async (origin: string, call: { path: string; body?: unknown; authorization?: string }) => {
    const { token } = await portunus.current.person('alice');
    return portunus.current.request(call.body === undefined ? 'GET' : 'POST', call.path, {
      headers: {
        origin,
        authorization: call.authorization ?? `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    });
  };
  const timeNow = { tool_name: 'time_now', parameters: {} };
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'page', version: '1' } },
  };
  const chat = { model: 'openai/none', messages: [{ role: 'user', content: 'Hi' }] };

  it.each([
    ['an answer', { path: '/mcp/tools/invoke', body: timeNow }, 200],
    ['a list', { path: '/api-keys' }, 200],
    ['an MCP answer', { path: '/mcp', body: initialize }, 200],
    [
      'a rejection of a function',
      { path: '/mcp/tools/invoke', body: { tool_name: 'none', parameters: {} } },
      404,
    ],
    ['a rejection of the completions', { path: '/v1/chat/completions', body: chat }, 409],
    ['a rejection of the gateway', { path: '/api-keys', authorization: 'Bearer none' }, 401],
  ])('that is the stage’s own may read %s, and what it needs to go on', async (_kind, call, status) => {
    const { headers, status: given } = await from(PAGE, call);
    expect(given).toBe(status);
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(headers.get('access-control-expose-headers')).toMatch(/Retry-After.*WWW-Authenticate/);
    expect(headers.get('vary')).toContain('Origin');
  });

  it('may ask before it calls, with the headers of an MCP client', async () => {
    const asked = await portunus.current.request('OPTIONS', '/mcp', {
      headers: { origin: PAGE, 'access-control-request-method': 'POST' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(asked.headers.get('access-control-allow-headers')).toMatch(/authorization.*mcp-protocol-version/);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each([FOREIGN, 'null', `${PAGE}.evil.example`])(
    'at %s reads nothing, and no tool runs for it over MCP',
    async (origin) => {
      const read = await from(origin, { path: '/api-keys' });
      expect(read.headers.get('access-control-allow-origin')).toBe(PAGE);
      const call = {
        jsonrpc: '2.0',
        id: 2,
        method: 'tools/call',
        params: { name: 'time_now', arguments: {} },
      };
      const { status, text } = await from(origin, { path: '/mcp', body: call });
      expect(status).toBe(403);
      expect(text).not.toContain('evil');
    },
  );

  it('of anybody may read where to sign in', async () => {
    const { status, headers } = await from(FOREIGN, { path: '/.well-known/oauth-protected-resource/mcp' });
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});
