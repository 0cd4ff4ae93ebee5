// Unknown query parameters, at every route of the table.
import { expect, it } from 'vitest';

import { type Route, routes } from '#functions/routes.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const MARK = 'zebra-crossing';

/** RFC 6749 §3.1 and §3.2: unrecognized request parameters are ignored. */
const IGNORING = new Set(['oauth-authorize', 'oauth-callback', 'oauth-token', 'oauth-register']);

const tried: readonly Route[] = routes.filter(({ name }) => !IGNORING.has(name));
const [ignoring, rejecting] = [
  tried.filter(({ path }) => path.startsWith('/v1/')),
  tried.filter(({ path }) => !path.startsWith('/v1/')),
];

onEngine('an unknown query parameter', () => {
  const portunus = usePortunus();

  /** Sent with an empty object where a body is taken: the query is the only fault that a route may find before the body's. */
  async function send({ path, method, name }: Route, headers: Readonly<Record<string, string>> = {}) {
    const { current } = portunus;
    const { token } = await current.person('vera', { roles: ['admin', 'operator'], scopes: [...SCOPES] });
    const verb = method === 'ANY' ? 'POST' : method;
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    return current.request(verb, `${path.replaceAll(/\{\w+\+?\}/g, 'x')}?${MARK}=1&${MARK}=2`, {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      ...(verb !== 'GET' && verb !== 'DELETE' && { body: JSON.stringify(name === 'mcp' ? message : {}) }),
    });
  }

  it.each(rejecting.map((route) => [route.name, route] as const))(
    'is rejected by %s, unnamed',
    async (_name, route) => {
      const { status, text, body } = await send(route);
      expect(status).toBe(400);
      expect(text).not.toContain(MARK);
      // MCP clients read JSON-RPC errors, the others problem documents.
      const isNamed =
        route.name === 'mcp'
          ? body.error.code === -32600
          : body.issues.some((issue: { path: string }) => issue.path === 'query');
      expect(isNamed).toBe(true);
    },
  );

  it.each(ignoring.map((route) => [route.name, route] as const))(
    'is ignored by %s, and rejected where the caller is strict',
    async (_name, route) => {
      const ignored = await send(route);
      expect(`${ignored.status} ${ignored.text}`).not.toMatch(/query|zebra/);
      const rejected = await send(route, { 'x-portunus-strict': 'true' });
      expect(rejected.status).toBe(400);
      expect(rejected.text).toContain('query');
      expect(rejected.text).not.toContain(MARK);
    },
  );
});
