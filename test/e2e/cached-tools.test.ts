// Cached results of registered tools, and entries that were changed in the table.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeEach, expect, it } from 'vitest';

import type { Person } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { json, startUpstream } from '#test/support/upstream.ts';

const upstream = await startUpstream();
afterAll(upstream.stop);
const portunus = usePortunus({
  mutate: withoutRateLimits,
  parameters: { ToolOrigins: JSON.stringify([upstream.url]) },
});

const CACHE = { ttl_seconds: 600 };
const TEXT = { type: 'string', maxLength: 50 };

const tool = (name: string, method: string, more: object = {}) => ({
  name,
  description: 'Reads or changes an item.',
  method,
  url: `${upstream.url}/items/{id}`,
  parameters: [{ name: 'id', in: 'path' }],
  ...(method === 'PUT' && { body: '*' }),
  input_schema: { type: 'object', properties: { id: TEXT, trace: TEXT }, required: ['id'] },
  ...more,
});

const registration = (alias: string, operation: object, more: object = { cache: CACHE }) => ({
  kind: 'http',
  alias,
  ...more,
  tool: operation,
});

async function active(who: Person, body: unknown): Promise<{ name: string; hash: string }> {
  const registered = await who.post('/mcp/tools', body);
  expect(registered.status).toBe(201);
  const [one] = registered.body.tools as { name: string; hash: string }[];
  const { name = '', hash = '' } = one ?? {};
  expect((await who.post(`/mcp/tools/${name}/review`, { decision: 'activate', hash })).status).toBe(200);
  return { name, hash };
}

/** In another instance than `POST /mcp/tools/invoke`: one answers from its own memory for 10 s. */
const overMcp = (who: Person, name: string, args: object) =>
  portunus.current.request('POST', '/mcp', {
    headers: {
      authorization: `Bearer ${who.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  });

/** Requests that reach the upstream while this runs. */
async function countCalls(work: () => Promise<unknown>): Promise<number> {
  const before = upstream.asked.length;
  await work();
  return upstream.asked.length - before;
}

const person = (name: string) => portunus.current.person(name);
const admin = () => portunus.current.person('erin', { roles: ['admin'] });

onEngine('the results of registered tools', () => {
  beforeEach(() => {
    let count = 0;
    upstream.answer((_asked, response) => json(response, { count: (count += 1) }));
  });

  it('are not cached unless the registration says so', async () => {
    const ann = await person('ann');
    await active(ann, registration('plain', tool('read', 'GET'), {}));
    expect(await countCalls(() => ann.invoke('plain__read', { id: '1' }))).toBe(1);
    expect(await countCalls(() => ann.invoke('plain__read', { id: '1' }))).toBe(1);
  });

  it('are cached for their caller by all arguments but the ignored ones, and say so', async () => {
    const ben = await person('ben');
    const cache = { ...CACHE, ignored_arguments: ['trace'] };
    const { name } = await active(ben, registration('own', tool('read', 'GET'), { cache }));
    const first = await ben.invoke(name, { id: '1', trace: 'a' });
    expect(first.body).toMatchObject({ cached: false, mode: 'live' });
    const made = await countCalls(async () => {
      const { body } = await ben.invoke(name, { id: '1', trace: 'b' });
      expect(body).toMatchObject({ cached: true, mode: 'cached', result: first.body.result });
    });
    expect(made).toBe(0);
    expect(await countCalls(() => ben.invoke(name, { id: '2' }))).toBe(1);
    expect((await ben.get(`/mcp/tools/${name}`)).body).toMatchObject({ cache });
  });

  it('become invalid with a call of the same alias that changes something, also with one that fails', async () => {
    const cho = await person('cho');
    await active(cho, registration('items', tool('read', 'GET')));
    await active(cho, registration('items', tool('change', 'PUT')));
    const change = () => cho.invoke('items__change', { id: '1' });
    for (const status of [200, 503]) {
      const id = String(status);
      await cho.invoke('items__read', { id });
      upstream.answer((_asked, response) => json(response, {}, status));
      expect((await change()).status).toBe(status === 200 ? 200 : 502);
      upstream.answer((_asked, response) => json(response, { count: 0 }));
      expect(await countCalls(() => overMcp(cho, 'items__read', { id }))).toBe(1);
      expect(await countCalls(() => overMcp(cho, 'items__read', { id }))).toBe(0);
    }
  });

  it('are not served once their tool is disabled, and not again after it was activated', async () => {
    const dan = await person('dan');
    const { name, hash } = await active(dan, registration('paused', tool('read', 'GET')));
    await dan.invoke(name, { id: '1' });
    await dan.post(`/mcp/tools/${name}/review`, { decision: 'disable' });
    expect((await dan.invoke(name, { id: '1' })).body).toMatchObject({ code: 'tool_inactive' });
    await dan.post(`/mcp/tools/${name}/review`, { decision: 'activate', hash });
    expect(await countCalls(() => dan.invoke(name, { id: '1' }))).toBe(1);
  });

  it('are shared between owners if they are public, which only shared tools without a credential can be', async () => {
    const erin = await admin();
    const cache = { ...CACHE, scope: 'public' };
    const own = registration('free', tool('read', 'GET'), { cache });
    const issue = { path: 'body.cache.scope' };
    expect((await erin.post('/mcp/tools', own)).body).toMatchObject({
      code: 'invalid_input',
      issues: [issue],
    });
    const { name } = await active(erin, { ...own, shared: true });
    await (await person('eve')).invoke(name, { id: '1' });
    const other = await person('fay');
    expect(await countCalls(() => other.invoke(name, { id: '1' }))).toBe(0);
  });

  it('become invalid when an operator invalidates the tool, for one owner or for all', async () => {
    const gil = await person('gil');
    const operator = await portunus.current.person('operator', { roles: ['operator'] });
    const { name } = await active(gil, registration('ops-x', tool('read', 'GET')));
    const bodies = [{ tools: [name] }, { user_id: 'gil', tools: [name] }, { user_id: 'gil', all: true }];
    for (const [at, body] of bodies.entries()) {
      const id = String(at);
      await gil.invoke(name, { id });
      expect((await operator.post('/cache/invalidate', body)).status).toBe(200);
      expect(await countCalls(() => overMcp(gil, name, { id }))).toBe(1);
    }
  });

  it('are computed again if their entry was changed in the table, and the change is recorded', async () => {
    const { current } = portunus;
    const hal = await person('hal');
    const { name } = await active(hal, registration('sealed', tool('read', 'GET')));
    await hal.invoke(name, { id: '1' });
    const owner = (await current.rows('audit')).find(({ rec }) => String(rec).includes(name));
    const entries = (await current.rows('cache')).filter(
      ({ pk, sk }) => pk === owner?.['pk'] && String(sk).startsWith('E#'),
    );
    expect(entries).toHaveLength(1);
    for (const { pk, sk, sealed } of entries) {
      const bytes = Uint8Array.from(sealed as Uint8Array);
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      await current.db.send(
        new UpdateCommand({
          TableName: current.tableName('cache'),
          Key: { pk, sk },
          UpdateExpression: 'SET sealed = :changed',
          ExpressionAttributeValues: { ':changed': bytes },
        }),
      );
    }
    expect(await countCalls(() => overMcp(hal, name, { id: '1' }))).toBe(1);
    expect(await countCalls(() => overMcp(hal, name, { id: '1' }))).toBe(0);
    const { logs } = (await hal.get('/audit/logs?limit=50')).body as { logs: Record<string, unknown>[] };
    const found = logs.filter(({ action }) => action === 'cache.tampered');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      category: 'system',
      metadata: { reason: 'modified', severity: 'critical' },
    });
  });
});
