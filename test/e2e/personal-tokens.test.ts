// Personal access tokens, by programs that use one over REST, MCP and the APIs of providers, and by those that should not.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import OpenAI from 'openai';
import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const SCOPES = ['ai:use', 'keys:read', 'tools:read', 'tools:call', 'usage:read', 'todo:read', 'todo:write'];
const HOUR = 3600;

async function created(owner: Person, more: object = {}) {
  const body = { name: 'ci', scopes: SCOPES, expires_in: HOUR, ...more };
  const answer = await owner.post('/tokens', body);
  expect(answer.body).toMatchObject({ success: true, name: 'ci' });
  return { id: String(answer.body.token_id), token: String(answer.body.token) };
}

onEngine('a personal access token', () => {
  const portunus = usePortunus();

  const sendWith = (headers: Record<string, string>) => (method: string, path: string, body?: unknown) =>
    portunus.current.request(method, path, {
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const bearer = (token: string) => sendWith({ authorization: `Bearer ${token}` });
  const byApiKey = (token: string) => sendWith({ 'x-api-key': token });

  /** Past the local AWS. */
  async function change(id: string, name: string, value: number): Promise<void> {
    const { current } = portunus;
    const row = (await current.rows('control')).find(({ sk }) => sk === id);
    await current.db.send(
      new UpdateCommand({
        TableName: current.tableName('control'),
        Key: { pk: row?.['pk'], sk: id },
        UpdateExpression: 'SET #name = :value',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
  }

  const recordsOf = async (act: string) =>
    (await portunus.current.rows('audit'))
      .map(({ rec }) => JSON.parse(String(rec)))
      .filter((record) => record.act === act);

  it('is shown once, stored nowhere, listed with its last use, and recorded', async () => {
    const { current } = portunus;
    const ann = await current.person('ann');
    const { id, token } = await created(ann, { models: ['openai/gpt-4.1'] });
    const unused = (await ann.get('/tokens')).body.tokens;
    expect(unused).toMatchObject([{ token_id: id, name: 'ci', status: 'active', last_used_at: null }]);
    await bearer(token)('GET', '/api-keys');
    const listed = await ann.get('/tokens');
    expect(listed.body.tokens).toMatchObject([
      { scopes: SCOPES, models: ['openai/gpt-4.1'], last_used_at: expect.stringMatching(/^20/) },
    ]);
    expect((await ann.get('/sessions')).body.sessions).toHaveLength(1);
    const secret = token.slice(53, 85);
    const stored = JSON.stringify(
      await Promise.all(
        (['control', 'audit', 'content', 'vault'] as const).map((each) => current.rows(each)),
      ),
    );
    expect(stored).not.toContain(secret);
    expect(listed.text).not.toContain(secret);
    expect(await recordsOf('token.created')).toMatchObject([{ target: id, result: 'succeeded' }]);
    expect((await recordsOf('tokens.listed')).length).toBe(2);
  });

  it('is not shown again when its creation is repeated with the same idempotency key, and is still one token', async () => {
    const ben = await portunus.current.person('ben');
    const headers = {
      authorization: `Bearer ${ben.token}`,
      'idempotency-key': 'once',
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ name: 'ci', scopes: SCOPES, expires_in: HOUR });
    const send = () => portunus.current.request('POST', '/tokens', { headers, body });
    const [first, again] = [await send(), await send()];
    expect(again.body).toMatchObject({ token_id: first.body.token_id, token: null });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await ben.get('/tokens')).body.tokens).toHaveLength(1);
  });

  it('serves REST, MCP and the APIs of providers, there as a bearer token and as x-api-key', async () => {
    const { current } = portunus;
    const cleo = await current.person('cleo');
    await cleo.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const { token } = await created(cleo);
    const program = bearer(token);
    const invoked = await program('POST', '/mcp/tools/invoke', { tool_name: 'time_now', parameters: {} });
    expect(invoked.body).toMatchObject({ success: true });

    const client = new Client({ name: 'a-program', version: '1.0.0' });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${current.url}/mcp`), { requestInit }));
    const called = await client.callTool({ name: 'todo_create', arguments: { title: 'by a program' } });
    expect(called.isError).not.toBe(true);
    await client.close();

    const openai = new OpenAI({ apiKey: token, baseURL: `${current.url}/v1`, maxRetries: 0 });
    const said = await openai.chat.completions.create({
      model: 'gpt-4.1',
      messages: say('hi').messages as never,
    });
    expect(said.choices[0]?.message.content).toContain('hi');
    const keyed = new OpenAI({
      apiKey: 'unused',
      baseURL: `${current.url}/v1`,
      maxRetries: 0,
      defaultHeaders: { authorization: null, 'x-api-key': token },
    });
    expect((await keyed.models.list()).data.length).toBeGreaterThan(0);
    const whole = await byApiKey(token)('POST', '/v1/chat/completions', {
      model: 'gpt-4.1',
      ...say('again'),
    });
    expect(whole.status).toBe(200);
  });

  it('counts as x-api-key under /v1 alone, and never beside another token', async () => {
    const { current } = portunus;
    const [dora, eve] = [await current.person('dora'), await current.person('eve')];
    const [hers, other] = [await created(dora), await created(eve)];
    expect((await byApiKey(hers.token)('GET', '/api-keys')).status).toBe(401);
    expect((await byApiKey(hers.token)('GET', '/v1/models')).status).toBe(200);
    expect((await byApiKey(dora.token)('GET', '/v1/models')).status).toBe(200);
    expect((await current.request('GET', '/v1/models')).status).toBe(401);
    const both = (one: string, two: string) =>
      sendWith({ authorization: `Bearer ${one}`, 'x-api-key': two })('GET', '/v1/models');
    expect((await both(hers.token, hers.token)).status).toBe(200);
    expect((await both(hers.token, other.token)).status).toBe(401);
    expect((await both(dora.token, hers.token)).status).toBe(401);
    expect((await recordsOf('authentication.refused')).map(({ meta }) => meta.reason)).toContain(
      'token_ambiguous',
    );
    // Outside /v1, x-api-key has no effect.
    const mixed = sendWith({ authorization: `Bearer ${hers.token}`, 'x-api-key': other.token });
    expect((await mixed('GET', '/tokens')).body.tokens).toMatchObject([{ token_id: hers.id }]);
  });

  it('is rejected without a read when it is mistyped, and recorded by its reason', async () => {
    const { current } = portunus;
    const { token } = await created(await current.person('finn'));
    const before = current.journal.all().length;
    const cut = token.slice(0, -1);
    for (const mistyped of [cut, `${cut}!`, `${token}x`, token.toUpperCase(), 'ptn_']) {
      const answer = await bearer(mistyped)('GET', '/api-keys');
      expect(answer.status).toBe(401);
      expect(answer.body.next_step).toContain('mistyped');
    }
    const reads = current.journal.all().slice(before);
    expect(
      reads.filter(({ caller, operation }) => /authorizer/.test(caller) && operation === 'GetItem'),
    ).toEqual([]);
    const reasons = (await recordsOf('authentication.refused')).map(({ meta }) => meta.reason);
    expect(reasons).toContain('token_checksum');
  });

  it('is rejected once it has expired, with that reason and its remedy', async () => {
    const gus = await portunus.current.person('gus');
    const { id, token } = await created(gus);
    await change(id, 'expiresAt', Math.floor(Date.now() / 1000) - 60);
    expect((await bearer(token)('GET', '/api-keys')).body).toMatchObject({
      status: 401,
      reason: 'token_expired',
      detail: 'This personal access token has expired.',
      next_step: expect.stringContaining('POST /tokens'),
    });
    expect((await gus.get('/tokens')).body.tokens).toMatchObject([{ token_id: id, status: 'expired' }]);
  });

  it('is rejected once it was revoked, by every way in, for a thief too', async () => {
    const { current } = portunus;
    const hugo = await current.person('hugo');
    const { id, token } = await created(hugo);
    const program = bearer(token);
    expect((await program('GET', '/api-keys')).status).toBe(200);
    expect((await hugo.delete(`/tokens/${id}`)).body).toMatchObject({ success: true, token_id: id });
    // Functions that have not seen the token before: sessions.test.ts of the unit tests has the ten seconds.
    expect((await program('GET', '/mcp/tools')).body).toMatchObject({
      status: 401,
      reason: 'session_revoked',
      detail: 'This personal access token was revoked.',
      next_step: expect.stringContaining('POST /tokens'),
    });
    const overMcp = await program('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(overMcp.status).toBe(401);
    const overV1 = await byApiKey(token)('POST', '/v1/chat/completions', { model: 'gpt-4.1', ...say('x') });
    expect(overV1.status).toBe(401);
    expect((await hugo.get('/tokens')).body.tokens).toEqual([]);
    expect((await hugo.delete(`/tokens/${id}`)).status).toBe(404);
    expect(await recordsOf('token.revoked')).toMatchObject([
      { target: id, result: 'succeeded' },
      { result: 'refused', code: 'not_found' },
    ]);
  });

  it('of another owner cannot be told from one that does not exist', async () => {
    const { current } = portunus;
    const [ivy, jack] = [await current.person('ivy'), await current.person('jack')];
    const { id, token } = await created(ivy);
    const answers = await Promise.all(
      [id, `p_${'A'.repeat(22)}`, 'nonsense'].map((each) => jack.delete(`/tokens/${each}`)),
    );
    const bare = answers.map(({ status, text }) => [status, text.replace(/"request_id":"[^"]+"/, '')]);
    expect(new Set(bare.map(String)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    expect((await jack.get('/tokens')).body.tokens).toEqual([]);
    expect((await bearer(token)('GET', '/api-keys')).status).toBe(200);
  });

  it('never has more scopes than its creator, and none that creates tokens or changes an account', async () => {
    const { current } = portunus;
    const kim = await current.person('kim', { scopes: ['account:write', 'keys:read'] });
    const body = { name: 'ci', expires_in: HOUR };
    expect((await kim.post('/tokens', { ...body, scopes: ['ai:use', 'keys:read'] })).body).toMatchObject({
      status: 403,
      code: 'insufficient_scope',
      detail:
        'A personal access token cannot have more scopes than its creator: body.scopes must not contain ai:use.',
      next_step: 'Leave them out. Allowed here: keys:read.',
    });
    expect((await kim.post('/tokens', { ...body, scopes: ['account:write'] })).body).toMatchObject({
      status: 403,
      detail: 'No personal access token may have these scopes: body.scopes must not contain account:write.',
    });
    const { id, token } = await created(kim, { scopes: ['keys:read'] });
    const program = bearer(token);
    expect((await program('GET', '/api-keys')).status).toBe(200);
    for (const [method, path] of [
      ['POST', '/tokens'],
      ['DELETE', `/tokens/${id}`],
      ['POST', '/sessions/revoke-all'],
      ['DELETE', '/account'],
    ] as const) {
      const answer = await program(
        method,
        path,
        method === 'POST' ? { ...body, scopes: ['keys:read'] } : undefined,
      );
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, 'insufficient_scope']);
      expect(answer.body.next_step).toContain('no personal access token may have');
    }
    const wanting = await program('GET', '/mcp/tools');
    expect(wanting.body).toMatchObject({ code: 'insufficient_scope', scope: 'tools:read' });
    expect(wanting.body.next_step).toContain('POST /tokens');
  });

  it('says by name what of a request is wrong', async () => {
    const lea = await portunus.current.person('lea');
    const answer = await lea.post('/tokens', {
      name: '',
      scopes: ['everything'],
      expires_in: 366 * 24 * HOUR,
      budget: { day_usd: 'a lot' },
      tools: ['*'],
    });
    expect(answer.status).toBe(400);
    expect(answer.body.issues.map(({ path }: { path: string }) => path)).toEqual([
      'body.name',
      'body.scopes.0',
      'body.expires_in',
      'body.tools.0',
      'body.budget.day_usd',
    ]);
  });

  it('uses no other than its own models, whichever way and by whatever default', async () => {
    const { current } = portunus;
    const mia = await current.person('mia');
    await mia.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const { token } = await created(mia, { models: ['openai/gpt-4.1'] });
    const program = bearer(token);
    const asked = current.provider?.journal().length;
    const complete = (model: string) => program('POST', '/v1/chat/completions', { model, ...say('limited') });
    const other = await complete('gpt-4.1-nano');
    expect(other.status).toBe(403);
    expect(other.text).toContain('openai/gpt-4.1');
    const invoked = await program('POST', '/mcp/tools/invoke', {
      tool_name: 'ai_chat',
      parameters: say('by default'),
    });
    expect(invoked.body).toMatchObject({ status: 403, code: 'forbidden', models: ['openai/gpt-4.1'] });
    const named = { model: 'text-embedding-3-small', input: 'limited too' };
    expect((await byApiKey(token)('POST', '/v1/embeddings', named)).status).toBe(403);
    expect(current.provider?.journal().length).toBe(asked);
    expect((await complete('gpt-4.1')).status).toBe(200);
    expect((await complete('openai/gpt-4.1')).status).toBe(200);
    const listed = (await program('GET', '/v1/models')).body.data.map(({ id }: { id: string }) => id);
    expect(listed.filter((id: string) => id !== 'openai/gpt-4.1')).toEqual([]);
    expect((await program('GET', '/v1/models/openai%2Fgpt-4.1-mini')).status).toBe(404);
  });

  it('spends its budget and no more, in every protocol, while its owner may go on', async () => {
    const { current } = portunus;
    const rosa = await current.person('rosa');
    await rosa.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const { id, token } = await created(rosa, { budget: { day_usd: '0.01' } });
    const program = bearer(token);
    const model = 'openai/gpt-4.1'; // $8 for a million tokens out: 1,000 of them are most of a cent
    const complete = (max_tokens: number) =>
      program('POST', '/v1/chat/completions', { model, max_tokens, ...say('limited') });
    expect((await complete(10)).status).toBe(200);
    const asked = current.provider?.journal().length;
    const over = await complete(4000);
    expect([over.status, over.body.error.portunus_code]).toEqual([429, 'budget_exceeded']);
    expect(over.text).toContain('of this personal access token');
    const message = { model, max_tokens: 4000, ...say('limited') };
    expect((await program('POST', '/v1/messages', message)).status).toBe(429);
    const parameters = { ...say('limited'), provider: 'openai', model: 'gpt-4.1', max_tokens: 4000 };
    const invoked = await program('POST', '/mcp/tools/invoke', { tool_name: 'ai_chat', parameters });
    expect(invoked.body).toMatchObject({ code: 'budget_exceeded', limit: { token_id: id, limit: 10_000 } });
    const unpriced = { ...parameters, model: 'a-model-without-a-price', max_tokens: 10 };
    const rejected = await program('POST', '/mcp/tools/invoke', {
      tool_name: 'ai_chat',
      parameters: unpriced,
    });
    expect(rejected.body.code).toBe('price_unknown');
    expect(current.provider?.journal().length).toBe(asked);
    expect((await rosa.invoke('ai_chat', parameters)).status).toBe(200);

    const used = (await program('GET', '/usage')).body.token_budget.day;
    expect(used).toMatchObject({ limit: 10_000, open: 0 });
    expect(used.spent).toBeGreaterThan(0);
    expect((await rosa.get('/usage')).body).not.toHaveProperty('token_budget');
    const [listed] = (await rosa.get('/tokens')).body.tokens;
    expect(listed.budget).toEqual({ day_usd: '0.01', month_usd: null });
  });

  it('calls and sees its own tools alone, over REST, MCP and /v1', async () => {
    const { current } = portunus;
    const sam = await current.person('sam');
    await sam.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const { token } = await created(sam, { tools: ['todo_list', 'ai_compare'] });
    const program = bearer(token);
    const call = (tool_name: string, parameters: object = {}) =>
      program('POST', '/mcp/tools/invoke', { tool_name, parameters });
    expect((await call('todo_list')).body).toMatchObject({ success: true });
    expect((await call('todo_create', { title: 'x' })).body).toMatchObject({
      status: 403,
      code: 'forbidden',
      tools: ['todo_list', 'ai_compare'],
    });
    // A tool that it may call calls others on its behalf.
    const compared = await call('ai_compare', {
      ...say('hi'),
      targets: [{ provider: 'openai' }, { provider: 'openai', model: 'o3' }],
    });
    expect(compared.body).toMatchObject({ success: true });
    expect((await call('ai_chat', say('x'))).status).toBe(403);
    const listed = (await program('GET', '/mcp/tools')).body.tools.map(({ name }: { name: string }) => name);
    expect(listed).toEqual(['ai_compare', 'todo_list']);
    const client = new Client({ name: 'a-program', version: '1.0.0' });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${current.url}/mcp`), { requestInit }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['ai_compare', 'todo_list']);
    const rejected = await client.callTool({ name: 'todo_create', arguments: { title: 'x' } });
    expect([rejected.isError, JSON.stringify(rejected.content)]).toEqual([
      true,
      expect.stringContaining('todo_list'),
    ]);
    await client.close();
    const overV1 = { model: 'openai/gpt-4.1', ...say('x') };
    expect((await byApiKey(token)('POST', '/v1/chat/completions', overV1)).status).toBe(403);
    const wider = await created(sam, { tools: ['/v1'] });
    expect((await byApiKey(wider.token)('POST', '/v1/chat/completions', overV1)).status).toBe(200);
  });

  it('ends with all sessions of its owner, and with the account', async () => {
    const { current } = portunus;
    const nora = await current.person('nora');
    const { token } = await created(nora);
    await nora.post('/sessions/revoke-all', undefined);
    expect((await bearer(token)('GET', '/api-keys')).body).toMatchObject({
      status: 401,
      detail: 'This personal access token was revoked.',
    });
    const otto = await current.person('otto');
    const erased = await created(otto);
    expect((await otto.delete('/account')).status).toBe(200);
    expect((await bearer(erased.token)('GET', '/api-keys')).status).toBe(401);
    expect((await current.rows('control')).filter(({ sk }) => sk === erased.id)).toEqual([]);
  });

  it('is not created by a session that was just ended', async () => {
    const { current } = portunus;
    const pia = await current.person('pia');
    await created(pia);
    await pia.post('/sessions/revoke-all', undefined);
    // The function that creates tokens has admitted this session a moment ago, and reads all the same.
    const body = { name: 'thief', scopes: ['ai:use'], expires_in: HOUR };
    expect((await pia.post('/tokens', body)).body).toMatchObject({ status: 401, reason: 'session_revoked' });
  });
});
