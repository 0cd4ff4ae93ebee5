// The description of the API against a running stack: each route is called, and its answer compared with its schema.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import * as z from 'zod';

import { responses } from '#functions/openapi/responses.ts';
import { routes } from '#functions/routes.ts';
import { type Answer, canaryKey, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Name = keyof typeof responses;

/** Fields beyond those of the schema are errors here, while the document allows clients to meet new ones. */
const strict = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } });
const validators = new Map(
  Object.entries(responses).map(([name, { body }]) => [
    name,
    strict.compile(z.toJSONSchema(body, { io: 'output', unrepresentable: 'any' })),
  ]),
);

const lastEvent = (text: string): unknown => JSON.parse(text.split('data: ').at(-1) ?? '');

const tool = {
  name: 'forecast',
  description: 'Weather of a place',
  method: 'GET',
  url: 'https://weather.example.org/forecast',
  input_schema: { type: 'object', properties: {} },
};

/** Answered by the relay of Cognito alone, or only to a signed request: see sign-in.test.ts and exposure.test.ts. */
const isRelay = (name: string) =>
  name === 'leak-reports' || name === 'metadata-authorization-server' || name.startsWith('oauth-');

onEngine('GET /openapi.json', () => {
  const portunus = usePortunus();

  it('needs no token, and names the address of the stage', async () => {
    const { status, body, headers } = await portunus.current.request('GET', '/openapi.json');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body.openapi).toBe('3.1.0');
    expect(body.servers).toEqual([{ url: portunus.current.url }]);
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/api-keys', '/mcp', '/v1/messages']));
  });

  it('describes the answer of every route', async () => {
    const { current } = portunus;
    const alice = await current.person('alice', { roles: ['user', 'admin'] });
    const wrong: string[] = [];
    const compared = new Set<string>();
    const compare = async (name: Name, answering: Promise<Answer>): Promise<Answer> => {
      const answer = await answering;
      const validate = validators.get(name);
      const expected = responses[name].status ?? 200;
      if (answer.status !== expected) wrong.push(`${name}: ${answer.status} ${answer.text}`);
      else if (!validate?.(answer.body ?? lastEvent(answer.text)))
        wrong.push(`${name}: ${JSON.stringify(validate?.errors)}`);
      compared.add(name);
      return answer;
    };

    const stored = await compare(
      'keys-store',
      alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai'), label: 'mine' }),
    );
    const key = `/api-keys/${stored.body.key_id}`;
    const connected = await compare(
      'keys-connect',
      alice.post('/api-keys/oauth', {
        provider: 'openai',
        access_token: canaryKey('openai'),
        refresh_token: canaryKey('openai'),
        expires_in: 3600,
      }),
    );
    await compare('keys-list', alice.get('/api-keys'));
    await compare('keys-providers', alice.get('/api-keys/providers'));
    await compare('keys-rotate', alice.post(`${key}/rotate`, { api_key: canaryKey('openai') }));
    await compare('keys-rollback', alice.post(`${key}/rollback`, undefined));
    await compare('keys-validate', alice.post(`${key}/validate`, undefined));
    await compare('keys-freeze', alice.post(`${key}/freeze`, undefined));
    await compare('keys-unfreeze', alice.post(`${key}/unfreeze`, undefined));
    const key_ids = [stored.body.key_id, connected.body.key_id];
    await compare('keys-order', alice.put('/api-keys/order', { provider: 'openai', key_ids }));
    await compare('keys-label', alice.put(`${key}/label`, { label: null }));

    await compare('tools-list', alice.get('/mcp/tools'));
    await compare('tools-invoke', alice.invoke('time_now'));
    await compare('tools-invoke', alice.invoke('ai_chat', say('hello', { provider: 'openai' })));
    const drafts = await compare(
      'tools-register',
      alice.post('/mcp/tools', { kind: 'http', alias: 'sky', tool }),
    );
    await compare('tools-read', alice.get('/mcp/tools/sky__forecast'));
    const activate = { decision: 'activate', hash: drafts.body.tools[0].hash };
    await compare('tools-review', alice.post('/mcp/tools/sky__forecast/review', activate));
    await compare('tools-review', alice.post('/mcp/tools/sky/review', { decision: 'disable' }));
    await compare('tools-list', alice.get('/mcp/tools'));
    await compare('tools-delete', alice.delete('/mcp/tools/sky'));
    await alice.post('/mcp/tools', { kind: 'http', alias: 'sea', tool });
    await compare('tools-delete', alice.delete('/mcp/tools/sea__forecast'));
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    await compare(
      'mcp',
      current.request('POST', '/mcp', {
        headers: {
          authorization: `Bearer ${alice.token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify(list),
      }),
    );

    const model = 'openai/gpt-4.1';
    await compare('completions', alice.post('/v1/chat/completions', { ...say('one'), model }));
    await compare('messages', alice.post('/v1/messages', { ...say('two'), model, max_tokens: 50 }));
    await compare('messages-count', alice.post('/v1/messages/count_tokens', { ...say('three'), model }));
    await compare('responses', alice.post('/v1/responses', { model, input: 'four' }));
    const embedding = { model: 'openai/text-embedding-3-small', input: 'x' };
    await compare('embeddings', alice.post('/v1/embeddings', embedding));
    const models = await compare('models-list', alice.get('/v1/models'));
    await compare('models-read', alice.get(`/v1/models/${models.body.data[0].id}`));
    await compare('keys-receipts', alice.get(`${key}/receipts`));
    await compare('keys-delete', alice.delete(key));

    await compare('usage-read', alice.get('/usage'));
    for (const by of ['day', 'tool', 'provider', 'key'])
      await compare('usage-history', alice.get(`/usage/history?by=${by}`));
    const limits = await compare('limits-read', alice.get('/limits'));
    const { version, limits: rates } = limits.body;
    await compare('limits-change', alice.put('/limits', { version, limits: rates }));
    await compare('limits-read', alice.get('/limits'));
    await compare('cache-invalidate', alice.post('/cache/invalidate', { tools: ['ai_chat'] }));
    await compare('preferences-read', alice.get('/preferences'));
    const preferences = { default_provider: 'openai', budget: { day_usd: '5.00' } };
    await compare('preferences-write', alice.put('/preferences', preferences));
    await compare('preferences-read', alice.get('/preferences'));

    // An admin stores a key for bob, who gets a notice.
    const bob = await current.person('bob');
    await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai'), user_id: 'bob' });
    const notices = await compare('notices-list', bob.get('/notices'));
    const [notice] = notices.body.notices;
    await compare('notices-read', bob.post(`/notices/${notice.id}/read`, undefined));
    await compare('notices-list', bob.get('/notices'));

    const token = { name: 'ci', scopes: ['usage:read'], expires_in: 3600, models: [model] };
    const created = await compare('tokens-create', alice.post('/tokens', token));
    await compare('tokens-list', alice.get('/tokens'));
    await compare('tokens-revoke', alice.delete(`/tokens/${created.body.token_id}`));
    const sessions = await compare('sessions-list', bob.get('/sessions'));
    const session = sessions.body.sessions[0].session_id as string;
    await compare('sessions-revoke', bob.delete(`/sessions/${encodeURIComponent(session)}`));
    await compare('audit-logs', alice.get('/audit/logs?limit=100'));
    await compare('audit-verification', alice.get('/audit/verification'));
    const six = new Date(Date.now() + 24 * 3600_000);
    await current.events.runSchedule('portunus-local-on-daily-report', six);
    const { reports } = (await compare('reports-list', alice.get('/audit/reports'))).body;
    await compare('reports-read', alice.get(`/audit/reports/${reports[0].date}`));
    await compare('feedback-give', alice.post('/feedback', { confidence: 9 }));
    await compare('admin-sessions-revoke', alice.post('/admin/sessions/revoke', { user_id: 'bob' }));
    await compare(
      'sessions-revoke-all',
      (await current.person('carol')).post('/sessions/revoke-all', undefined),
    );
    await compare('account-erase', (await current.person('dave')).delete('/account'));

    await compare('health', current.request('GET', '/health'));
    await compare('openapi', current.request('GET', '/openapi.json'));
    const resource = '/.well-known/oauth-protected-resource/mcp';
    await compare('metadata-protected-resource', current.request('GET', resource));

    expect(wrong).toEqual([]);
    const missing = routes.map(({ name }) => name).filter((name) => !compared.has(name));
    expect(missing.filter((name) => !isRelay(name))).toEqual([]);
  });
});
