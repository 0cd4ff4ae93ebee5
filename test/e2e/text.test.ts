// Half a surrogate pair in every text that a route or a tool takes: no store, provider or log may ever meet it.
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { expect, it } from 'vitest';

import { requestBodies } from '#functions/schemas.ts';
import { type Route, routes } from '#functions/routes.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { writeSchemas } from '#shared/tools/tool-schemas.ts';
import { canaryKey, type Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const HALF = '\ud83d';
type Json = Readonly<Record<string, unknown>>;

/** The document once for each of its strings, with half a character at that string's end; and once for each object, with such a name. */
function* halved(value: unknown): Generator {
  if (typeof value === 'string') yield `${value}${HALF}`;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    for (const changed of halved(one)) {
      yield Array.isArray(value)
        ? value.map((item: unknown, at) => (String(at) === name ? changed : item))
        : { ...value, [name]: changed };
    }
  }
  if (!Array.isArray(value)) yield { ...value, [`x${HALF}`]: 1 };
}

/** Alternatives that the schema accepts beside the example: a text, or a list of texts. */
function* withOptional(schema: Json, example: Json): Generator<Json> {
  for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Record<string, Json>)) {
    if (name in example) continue;
    if (field['type'] === 'string') yield { ...example, [name]: `x${HALF}` };
    if (field['type'] === 'array') yield { ...example, [name]: [`x${HALF}`] };
  }
}

const key = { provider: 'openai', api_key: canaryKey('openai') };
const tool = {
  name: 'look',
  title: 'Look',
  description: 'Looks',
  method: 'GET',
  url: 'https://weather.example/look',
  parameters: [{ name: 'city', in: 'query' }],
  input_schema: { type: 'object', properties: { city: { type: 'string', description: 'Where' } } },
  examples: [{ city: 'Oslo' }],
};
const message = {
  jsonrpc: '2.0',
  id: 'a',
  method: 'tools/call',
  params: { name: 'todo_create', arguments: { title: 'x' } },
};

/** One valid body for each route that takes one. */
const BODIES: Readonly<Record<string, Json>> = {
  'oauth-register': { redirect_uris: ['http://localhost/callback'], client_name: 'a client' },
  'oauth-token': { grant_type: 'refresh_token', refresh_token: 'a token' },
  'feedback-give': { confidence: 9, text: 'fine' },
  'leak-reports': { token: 'a token', type: 'a type' },
  mcp: message,
  completions: {
    model: 'gpt-4.1-mini',
    user: 'somebody',
    messages: [
      { role: 'user', name: 'ann', content: [{ type: 'text', text: 'hello' }] },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
    ],
    tools: [
      { type: 'function', function: { name: 'f', description: 'does', parameters: { type: 'object' } } },
    ],
  },
  embeddings: { model: 'text-embedding-3-small', input: 'hello', user: 'somebody' },
  responses: {
    model: 'gpt-4.1-mini',
    instructions: 'brief',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
    tools: [{ type: 'function', name: 'f', description: 'does', parameters: { type: 'object' } }],
  },
  messages: {
    model: 'claude-haiku-4-5',
    max_tokens: 10,
    system: 'brief',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
  },
  'messages-count': { model: 'claude-haiku-4-5', messages: [{ role: 'user', content: 'hello' }] },
  'tokens-create': { name: 'ci', scopes: ['usage:read'], expires_in: 60 },
  'keys-store': { ...key, user_id: 'somebody', label: 'mine', expires_at: '2099-01-01T00:00:00Z' },
  'keys-connect': {
    provider: 'google',
    access_token: 'a'.repeat(20),
    refresh_token: 'b'.repeat(20),
    expires_in: 60,
    label: 'x',
  },
  'keys-rotate': { api_key: key.api_key },
  'keys-rollback': {},
  'keys-validate': {},
  'keys-freeze': {},
  'keys-unfreeze': {},
  'keys-order': { provider: 'openai', key_ids: ['openai_x'] },
  'keys-label': { label: 'x' },
  'tools-invoke': { tool_name: 'todo_create', parameters: { title: 'x' }, user_id: 'vera' },
  'tools-register': { kind: 'http', alias: 'weather', tool },
  'tools-review': { decision: 'activate', hash: 'a'.repeat(64) },
  'cache-invalidate': { tools: ['ai_chat'] },
  'limits-change': { version: 0, limits: {} },
  'notices-read': {},
  'sessions-revoke-all': {},
  'admin-sessions-revoke': { user_id: 'nobody' },
  'preferences-write': {
    default_provider: 'openai',
    default_models: { openai: 'gpt-4.1' },
    timezone: 'Europe/Oslo',
  },
};
const TAKES_BODY = new Set(['POST', 'PUT', 'ANY']);
const taking = routes.filter(({ method }) => TAKES_BODY.has(method));

const cases = [
  ...taking.flatMap(({ name, path, method }: Route) =>
    [...halved(BODIES[name])].map((body) => ({ name, path, method, body })),
  ),
  ...TOOLS.flatMap((one) => {
    const examples = one.examples.length > 0 ? one.examples : [{}];
    const schema = writeSchemas(one).input;
    return examples
      .flatMap((example) => [...halved(example), ...withOptional(schema, example)])
      .map((parameters) => ({
        name: one.name,
        path: '/mcp/tools/invoke',
        method: 'POST',
        body: { tool_name: one.name, parameters },
      }));
  }),
];

onEngine('a lone surrogate', () => {
  const portunus = usePortunus();
  const everybody = () =>
    portunus.current.person('vera', { roles: ['admin', 'operator'], scopes: [...SCOPES] });

  const send = (person: Person, { method, path, body }: { method: string; path: string; body: unknown }) =>
    portunus.current.request(method === 'ANY' ? 'POST' : method, path.replaceAll(/\{\w+\}/g, 'x'), {
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(body),
    });

  it('is tried on every route that takes a body', () => {
    expect(taking.filter(({ name }) => BODIES[name] === undefined)).toEqual([]);
    expect(Object.keys(requestBodies).filter((name) => BODIES[name] === undefined)).toEqual([]);
    expect(cases.length).toBeGreaterThan(150);
  });

  it('in any text or name of any route and any tool is never a 5xx', async () => {
    const vera = await everybody();
    await vera.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const broken: string[] = [];
    const tried = async (one: (typeof cases)[number]) => {
      const { status, text } = await send(vera, one);
      if (status >= 500 || !text.isWellFormed() || /\\u[dD][89abAB]/.test(text)) {
        broken.push(`${one.name} ${status}: ${JSON.stringify(one.body)} ${text.slice(0, 200)}`);
      }
    };
    // One by one per route: changes to one row would meet each other.
    const groups = Map.groupBy(cases, ({ path }) => path);
    await Promise.all(
      [...groups.values()].map(async (group) => {
        for (const one of group) await tried(one);
      }),
    );
    expect(broken).toEqual([]);
  });

  it('becomes U+FFFD, and what was cut is stored', async () => {
    const vera = await everybody();
    const { body } = await vera.invoke('todo_create', { title: `cut ${HALF}`, tags: [`a${HALF}`] });
    expect(body.result.todo).toMatchObject({ title: 'cut \ufffd', tags: ['a\ufffd'] });
    const stored = await vera.post('/api-keys', { ...key, label: `mine ${HALF}` });
    expect(stored.body).toMatchObject({ label: 'mine \ufffd' });
  });

  it('in a path or a query is never a 5xx', async () => {
    const vera = await everybody();
    for (const { method, path } of routes) {
      const verb = method === 'ANY' ? 'POST' : method;
      const headers = { authorization: `Bearer ${vera.token}`, 'content-type': 'application/json' };
      const odd = path.replaceAll(/\{\w+\}/g, '%ED%A0%BD');
      for (const target of [odd, `${path.replaceAll(/\{\w+\}/g, 'x')}?limit=%ED%A0%BD&%ED%A0%BD=1`]) {
        const { status } = await portunus.current.request(verb, target, { headers });
        expect(`${verb} ${target} ${status < 500}`).toBe(`${verb} ${target} true`);
        if (path === '/account') break; // it erases whoever asks
      }
    }
  });

  it('of a long method name is cut off where the trail stores it', async () => {
    const vera = await everybody();
    const method = `x${'😀'.repeat(150)}`;
    const { status } = await send(vera, { method: 'POST', path: '/mcp', body: { ...message, method } });
    expect(status).toBeLessThan(500);
  });
});

onEngine('a text in two canonically equal forms', () => {
  const portunus = usePortunus();

  it('is found, filtered and counted as one', async () => {
    const ann = await portunus.current.person('ann');
    const [composed, decomposed] = ['Café', 'Cafe\u0301'];
    const made = await ann.invoke('todo_create', { title: decomposed, tags: [decomposed, composed] });
    expect(made.body.result.todo.tags).toEqual([composed]);
    for (const text of [composed, decomposed, decomposed.toUpperCase()]) {
      const found = await ann.invoke('todo_list', { search: text });
      expect(found.body.result.todos).toHaveLength(1);
    }
    for (const tag of [composed, decomposed]) {
      expect((await ann.invoke('todo_list', { tag })).body.result.todos).toHaveLength(1);
    }
  });
});

onEngine('a repeated header', () => {
  const portunus = usePortunus();

  const BODY_AT: Readonly<Record<string, unknown>> = {
    '/api-keys': key,
    '/mcp/tools/invoke': { tool_name: 'time_now' },
    '/mcp': message,
    '/v1/chat/completions': {},
  };

  /** Not `fetch`, which joins headers of one name. */
  async function statusOf(path: string, headers: Readonly<Record<string, string | string[]>>) {
    const outgoing = httpRequest(`${portunus.current.url}${path}`, {
      method: 'POST',
      headers: { accept: 'application/json, text/event-stream', ...headers },
    });
    outgoing.end(JSON.stringify(BODY_AT[path]));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const text = Buffer.concat(await answer.toArray()).toString();
    return { status: answer.statusCode, text };
  }

  const PATHS = Object.keys(BODY_AT);

  it.each(PATHS)(
    'is rejected at %s if it is the Authorization header, whichever value is valid',
    async (path) => {
      const { token } = await portunus.current.person('ann');
      const other = (await portunus.current.person('bob')).token;
      const type = { 'content-type': 'application/json' };
      for (const tokens of [
        [`Bearer ${token}`, `Bearer ${token}`],
        [`Bearer ${token}`, `Bearer ${other}`],
        ['Bearer x', `Bearer ${token}`],
        [`Bearer ${token}`, 'Bearer x'],
      ]) {
        // The first, with one header, leaves a verdict in the gateway's cache that must not serve the second.
        expect((await statusOf(path, { ...type, authorization: `Bearer ${token}` })).status).not.toBe(401);
        expect((await statusOf(path, { ...type, authorization: tokens })).status).toBe(401);
      }
    },
  );

  it.each(
    PATHS.flatMap((path) =>
      [
        ['content-type', ['application/json', 'application/json']],
        ['content-type', ['text/plain', 'application/json']],
        ['idempotency-key', ['a', 'a']],
        ['x-portunus-hops', ['2', '0']],
        ['mcp-name', ['todo_create', 'todo_create']],
        ['mcp-protocol-version', ['2025-11-25', '2026-07-28']],
      ].map(([name, values]) => [path, name, values] as [string, string, string[]]),
    ),
  )('is rejected at %s where it is %s', async (path, name, values) => {
    const { token } = await portunus.current.person('ann');
    const single = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { status, text } = await statusOf(path, { ...single, [name]: values });
    expect(status).toBe(400);
    expect(text).toMatch(/must not be repeated|is repeated/);
  });

  it('is rejected as a query parameter too, by its name', async () => {
    const ann = await portunus.current.person('ann');
    const { body } = await ann.get('/audit/logs?limit=1&limit=100');
    expect(body).toMatchObject({ status: 400, issues: [{ path: 'query.limit' }] });
  });
});
