import { describe, expect, it } from 'vitest';

import { receive } from '#shared/mcp/serve.ts';

const site = {
  host: 'api.portunus.example',
  origins: ['https://api.portunus.example', 'https://console.portunus.example:8443'],
};

function statusOf(origin: string | undefined, host = 'api.portunus.example'): number {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  const headers = { 'content-type': 'application/json', host, ...(origin !== undefined && { origin }) };
  const request = new Request('https://api.portunus.example/mcp', { method: 'POST', body, headers });
  const received = receive(request, body, site);
  return 'rejected' in received ? received.rejected.status : 200;
}

describe('the Origin of a message to /mcp', () => {
  it.each([undefined, ...site.origins])('%s is allowed', (origin) => {
    expect(statusOf(origin)).toBe(200);
  });

  it.each([
    ['another scheme', 'http://api.portunus.example'],
    ['another port', 'https://api.portunus.example:8443'],
    ['the port of another allowed host', 'https://console.portunus.example'],
    ['the scheme of an extension', 'chrome-extension://api.portunus.example'],
    ['a parent domain', 'https://portunus.example'],
    ['a subdomain', 'https://evil.api.portunus.example'],
    ['a trailing dot', 'https://api.portunus.example.'],
    ['a path', 'https://api.portunus.example/x'],
    ['credentials', 'https://api.portunus.example@evil.example'],
    ['two origins', 'https://api.portunus.example, https://evil.example'],
    ['an opaque origin', 'null'],
    ['an empty one', ''],
    ['a bare host name', 'api.portunus.example'],
  ])('with %s is rejected with 403', (_kind, origin) => {
    expect(statusOf(origin)).toBe(403);
  });

  it('does not excuse a rebound host name', () => {
    expect(statusOf('https://api.portunus.example', 'evil.example')).toBe(403);
  });
});
