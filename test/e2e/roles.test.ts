// Permissions of every role, at the public entries: every route, every tool and every MCP method, by every role.
import { expect, it } from 'vitest';

import { type Route, routes, type ScopedRoute } from '#functions/routes.ts';
import { ROLES, type Scope, SCOPES, SCOPES_OF } from '#shared/auth/scopes.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { type Answer, canaryKey, type Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const closed = (routes as readonly Route[]).filter((row): row is ScopedRoute => row.kind !== 'public');
const UNKNOWN = {
  key_id: `openai_${'A'.repeat(22)}`,
  id: '0'.repeat(26),
  session_id: `s_${'A'.repeat(22)}`,
  token_id: `p_${'A'.repeat(22)}`,
};

const REPORT_READERS = ['auditor', 'operator', 'admin'];
/** Roles of a route whose scope more roles have. */
const NARROWER: Readonly<Record<string, readonly string[]>> = {
  'reports-list': REPORT_READERS,
  'reports-read': REPORT_READERS,
};
const filled = (path: string, ids: Record<string, string>) =>
  path.replaceAll(
    /\{(\w+)\+?\}/g,
    (_all, name: string) => ids[name] ?? (name === 'date' ? '2026-01-01' : 'unknown'),
  );

/** Good enough for the gateway's models: a route that takes a body has its line here. */
const BODIES: Readonly<Record<string, object>> = {
  'keys-store': { provider: 'openai', api_key: 'sk-ant-api03-of-another-provider' },
  'keys-connect': {
    provider: 'openai',
    access_token: 'a'.repeat(40),
    refresh_token: 'r'.repeat(40),
    expires_in: 60,
  },
  'keys-rotate': { api_key: `sk-proj-${'b'.repeat(48)}` },
  'keys-order': { provider: 'openai', key_ids: [UNKNOWN.key_id] },
  'keys-label': { label: 'mine' },
  'tools-invoke': { tool_name: 'time_now', parameters: {} },
  'cache-invalidate': { all: true },
  'limits-change': {
    version: 99,
    limits: Object.fromEntries(ROLES.map((role) => [role, { per_minute: 100_000, burst: 10_000 }])),
  },
  'admin-sessions-revoke': { user_id: 'nobody' },
  'feedback-give': { setup_step: 'started' },
  'tokens-create': { name: 'ci', scopes: ['usage:read'], expires_in: 60 },
};
const bodyOf = ({ method, name }: Route) =>
  method === 'GET' || method === 'DELETE' ? undefined : (BODIES[name] ?? {});
const isRejected = ({ status, body }: Answer) => status === 403 || body?.error?.code === 403;

function ask(person: Person, row: Route, ids: Record<string, string> = UNKNOWN) {
  const body = bodyOf(row);
  const path = filled(row.path, ids);
  if (row.method === 'ANY') return person.post(path, { jsonrpc: '2.0', id: 1, method: 'ping' });
  if (row.method === 'GET') return person.get(path);
  if (row.method === 'DELETE') return person.delete(path);
  return row.method === 'PUT' ? person.put(path, body) : person.post(path, body);
}

/** Parts of an answer that a caller can see, without those that are new in each. */
function seen({ status, headers, text }: Answer) {
  const changing = new Set(['date', 'x-request-id', 'x-amzn-requestid', 'x-amz-apigw-id', 'x-amzn-trace-id']);
  const kept = [...headers].filter(([name]) => !changing.has(name));
  return { status, headers: kept, text: text.replaceAll(/"request_id":"[^"]+"/g, '') };
}

const idsOf = (answer: Answer) => answer.body.logs.map((log: Record<string, unknown>) => log['event_id']);

onEngine('the role table', () => {
  const portunus = usePortunus();
  const everyScope = { scopes: SCOPES };
  let made = 0;
  /** A new person: what one route does to a person (erase them, sign them out) must not reach the next. */
  const somebody = (roles: readonly string[], scopes: readonly string[] = SCOPES) => {
    made += 1;
    return portunus.current.person(`person-${made}`, { roles, scopes });
  };

  it.each([...ROLES, 'nobody'])('%s reaches the routes of the table and no others', async (role) => {
    for (const row of closed) {
      const answer = await ask(await somebody([role]), row);
      const granted = (SCOPES_OF as Record<string, readonly string[]>)[role]?.includes(row.scope) ?? false;
      const allowed = granted && (NARROWER[row.name]?.includes(role) ?? true);
      expect([row.name, isRejected(answer) ? 'refused' : 'reached']).toEqual([
        row.name,
        allowed ? 'reached' : 'refused',
      ]);
      // Rejected by the gateway for its form, it says nothing about roles: give it a line in BODIES.
      expect([row.name, answer.body?.detail]).not.toEqual([
        row.name,
        'The request does not have the documented form.',
      ]);
      expect(answer.status).not.toBe(401);
      expect(answer.status).toBeLessThan(500);
    }
  });

  it('no route is reached by a token that lacks its scope, whatever the role', async () => {
    for (const row of closed) {
      const rest = SCOPES.filter((scope) => scope !== row.scope);
      const answer = await ask(await somebody(['admin'], rest), row);
      const told = answer.body.error ?? answer.body; // OpenAI's shape, where its clients call
      expect([row.name, answer.status, told.code]).toEqual([row.name, 403, 'insufficient_scope']);
      // Named by the function in its body, or by the gateway in its challenge.
      expect([told.scope, told.message, answer.headers.get('www-authenticate')].join(' ')).toContain(
        row.scope,
      );
    }
  });

  it.each(ROLES)('%s calls the same tools over REST and over MCP', async (role) => {
    const caller = await somebody([role]);
    for (const tool of TOOLS) {
      const needed = ['tools:call', ...(tool.scope ? [tool.scope] : [])] as Scope[];
      const allowed = needed.every((scope) => SCOPES_OF[role].includes(scope));
      const rest = await caller.invoke(tool.name, {});
      const mcp = await caller.post('/mcp', {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: tool.name, arguments: {} },
      });
      const told = /insufficient_scope|"forbidden"|may use/.test(mcp.text);
      expect([tool.name, isRejected(rest), mcp.status === 403 || told]).toEqual([
        tool.name,
        !allowed,
        !allowed,
      ]);
    }
  });

  it.each(['initialize', 'ping', 'tools/list', 'tools/call', 'resources/list', 'nonsense'])(
    'the MCP method %s is for those who may call tools',
    async (method) => {
      for (const role of ROLES) {
        const caller = await somebody([role]);
        const answer = await caller.post('/mcp', { jsonrpc: '2.0', id: 1, method, params: {} });
        expect([role, answer.status === 403]).toEqual([role, !SCOPES_OF[role].includes('tools:call')]);
      }
    },
  );

  it("somebody else's ids answer like ids that do not exist, to the byte", async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    const stored = await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const todo = await alice.invoke('todo_create', { title: 'hers' });
    const ids = {
      key_id: stored.body.key_id as string,
      session_id: (await alice.get('/sessions')).body.sessions[0].session_id as string,
      token_id: (await alice.post('/tokens', BODIES['tokens-create'])).body.token_id as string,
      id: todo.body.result.todo.id as string,
    };
    const named = closed.filter(({ path }) => path.includes('{'));
    expect(named.length).toBeGreaterThan(8);
    for (const row of named) {
      const foreign = await ask(bob, row, ids);
      const unknown = await ask(bob, row, UNKNOWN);
      expect([row.name, seen(foreign)]).toEqual([row.name, seen(unknown)]);
      expect([row.name, row.method === 'GET' || foreign.status >= 400]).toEqual([row.name, true]);
    }
    const order = (key: string) => bob.put('/api-keys/order', { provider: 'openai', key_ids: [key] });
    expect(seen(await order(ids.key_id))).toEqual(seen(await order(UNKNOWN.key_id)));
    for (const tool of TOOLS.filter(({ input }) => 'id' in input.shape)) {
      const foreign = await bob.invoke(tool.name, { id: ids.id });
      const unknown = await bob.invoke(tool.name, { id: UNKNOWN.id });
      expect(seen(foreign)).toEqual(seen(unknown));
    }
    expect((await alice.get('/api-keys')).body.keys).toMatchObject([
      { key_id: ids.key_id, status: 'active' },
    ]);
  });

  it("nobody's trail is read but by its owner, an auditor or an admin", async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    await alice.get('/api-keys/providers');
    const own = (await alice.get('/audit/logs?action=providers.listed')).body.logs;
    for (const name of ['carol', 'erin']) {
      const reader = await current.person(name);
      const read = await reader.get('/audit/logs?user_id=alice&action=providers.listed');
      expect(read.body.logs).toEqual(own);
    }
    for (const name of ['bob', 'dave']) {
      const stranger = await current.person(name);
      const known = await stranger.get('/audit/logs?user_id=alice');
      expect(known.body).toMatchObject({ status: 403, code: 'forbidden' });
      expect(seen(await stranger.get('/audit/logs?user_id=nobody-at-all'))).toEqual(seen(known));
      expect((await stranger.get(`/audit/logs?user_id=${name}`)).status).toBe(200);
    }
  });

  it('an auditor leaves a trace of whom they read, and finds the rejected sign-ins', async () => {
    const { current } = portunus;
    const carol = await current.person('carol');
    const read = await carol.get('/audit/logs?user_id=alice&action=providers.listed');
    const [trace] = (await carol.get('/audit/logs?action=audit.read')).body.logs;
    const byNumber = await carol.get(`/audit/logs?owner=${trace.target}&action=providers.listed`);
    expect(idsOf(byNumber)).toEqual(idsOf(read));
    expect(idsOf(read)).not.toEqual([]);
    await current.request('GET', '/api-keys', { headers: { authorization: 'Bearer nonsense' } });
    const rejections = await carol.get('/audit/logs?owner=anonymous');
    expect(rejections.body.logs[0]).toMatchObject({
      action: 'authentication.refused',
      metadata: { reason: 'token_malformed' },
    });
    expect((await carol.get('/audit/logs?owner=anonymous&user_id=alice')).status).toBe(400);
  });

  it('an auditor with an admin’s role beside it reads and changes nothing', async () => {
    const { current } = portunus;
    const both = await current.person('frank', { roles: ['auditor', 'admin'], ...everyScope });
    expect((await both.get('/audit/logs?user_id=alice')).status).toBe(200);
    expect((await both.post('/admin/sessions/revoke', { user_id: 'alice' })).body).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect((await both.invoke('time_now')).status).toBe(403);
  });
});
