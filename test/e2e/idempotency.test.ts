import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';

import { type Answer, canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { withRate } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const todosOf = async (person: Person) =>
  (await person.invoke('todo_list', { status: 'all', limit: 100 })).body.result.todos;

onEngine('a request with an idempotency key', () => {
  const portunus = usePortunus({ mutate: withRate(60, 500) });

  const send = (person: Person, method: string, path: string, key: string, body?: unknown) =>
    portunus.current.request(method, path, {
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const invoke = (person: Person, key: string, tool_name: string, parameters: object) =>
    send(person, 'POST', '/mcp/tools/invoke', key, { tool_name, parameters });
  const marks = () =>
    portunus.current.rows('control').then((rows) => rows.filter(({ pk }) => String(pk).startsWith('IDEM#')));

  /** The mark that the request of this answer left. */
  const markOf = async ({ body }: Answer) => {
    const mark = (await marks()).find(({ holder }) => holder === body.request_id);
    if (!mark) throw new Error('The request left no mark.');
    return mark;
  };
  /** Changes a mark as time would. */
  const age = async (mark: Record<string, unknown>, change: object) => {
    const TableName = portunus.current.tableName('control');
    await portunus.current.db.send(new PutCommand({ TableName, Item: { ...mark, ...change } }));
  };

  it('is answered again, byte for byte, and done once', async () => {
    const alice = await portunus.current.person('alice');
    const first = await invoke(alice, 'one', 'todo_create', { title: 'Once' });
    expect(first.status).toBe(200);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const again = await invoke(alice, 'one', 'todo_create', { title: 'Once' });
    expect(again).toMatchObject({ status: 200, text: first.text });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await todosOf(alice)).toHaveLength(1);
    const trail = (await alice.get('/audit/logs?action=request.replayed')).body.logs;
    expect(trail).toMatchObject([{ target: 'todo_create', result: 'succeeded' }]);
  });

  it('may carry its key among the arguments, over REST and MCP alike', async () => {
    const { current } = portunus;
    const ann = await current.person('ann');
    const args = { todos: [{ title: 'a' }, { title: 'b' }] };
    const client = new ModernClient({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const transport = new StreamableHTTPClientTransport(new URL(`${current.url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${ann.token}` } },
    });
    await client.connect(transport);
    const call = () =>
      client.callTool({ name: 'todo_create_many', arguments: { ...args, idempotency_key: 'both' } });
    const first = await call();
    expect(first._meta?.['dev.portunus/replayed']).toBeUndefined();
    const again = await call();
    expect(again._meta?.['dev.portunus/replayed']).toBe(true);
    expect(again.structuredContent).toEqual(first.structuredContent);
    await client.close();

    const overRest = await invoke(ann, 'both', 'todo_create_many', args);
    expect(overRest.body.result).toEqual(first.structuredContent);
    expect(overRest.headers.get('idempotency-replayed')).toBe('true');
    expect(await todosOf(ann)).toHaveLength(2);
    const differing = await invoke(ann, 'one key', 'todo_create', { title: 'x', idempotency_key: 'another' });
    expect(differing.body).toMatchObject({ status: 400, code: 'invalid_input' });
  });

  it('is rejected when its key was used for another one, and free in other hands and for other tools', async () => {
    const { current } = portunus;
    const [bea, cem] = [await current.person('bea'), await current.person('cem')];
    await invoke(bea, 'k', 'todo_create', { title: 'first' });
    const other = await invoke(bea, 'k', 'todo_create', { title: 'second' });
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
    expect((await invoke(cem, 'k', 'todo_create', { title: 'second' })).status).toBe(200);
    expect((await invoke(bea, 'k', 'todo_create_many', { todos: [{ title: 'x' }] })).status).toBe(200);
    const titles = (await todosOf(bea)).map(({ title }: { title: string }) => title);
    expect(titles.toSorted()).toEqual(['first', 'x']);
  });

  it('changes one thing, however many arrive at once', async () => {
    const dan = await portunus.current.person('dan');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => invoke(dan, 'fifty', 'todo_create', { title: 'One of fifty' })),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    expect(done.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1);
    expect(answers.filter(({ status }) => ![200, 409, 503].includes(status))).toEqual([]);
    expect(await todosOf(dan)).toHaveLength(1);
  });

  it('calls a provider once for concurrent copies, and the others wait or get the same response', async () => {
    const { current } = portunus;
    const eve = await current.person('eve');
    await eve.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const before = providerChats(current).length;
    const ask = () => invoke(eve, 'chat', 'ai_chat', say('How much is a thaler?'));
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(providerChats(current)).toHaveLength(before + 1);
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 200)) {
      expect([status, body.code]).toEqual([409, 'idempotency_in_flight']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const done = answers.find(({ status }) => status === 200);
    const later = await ask();
    expect(later.text).toBe(done?.text);
    expect(providerChats(current)).toHaveLength(before + 1);
  });

  it('waits for one in flight until its lease is over, and then takes its place', async () => {
    const { current } = portunus;
    const fil = await current.person('fil');
    const key = canaryKey('openai');
    await fil.post('/api-keys', { provider: 'openai', api_key: key });
    const ask = () => invoke(fil, 'lease', 'ai_chat', say('Are you there?'));
    const failing = current.provider?.fail(key, 503);
    const failed = await ask();
    expect(failed.status).toBe(502);
    failing?.();

    // The record of a holder that was killed after its claim.
    const left = await markOf(failed);
    expect(left).toMatchObject({ state: 'claimed', expires: 0 });
    const expires = Date.now() + 86_400_000;
    await age(left, { expires, until: Date.now() + 4000 });
    const early = await ask();
    expect(early.body).toMatchObject({ status: 409, code: 'idempotency_in_flight' });
    expect(Number(early.headers.get('retry-after'))).toBeLessThanOrEqual(5);
    await age(left, { expires, until: Date.now() - 1 });
    expect((await ask()).status).toBe(200);
  });

  it('that failed upstream may be tried again under its key', async () => {
    const { current } = portunus;
    const gus = await current.person('gus');
    const key = canaryKey('openai');
    await gus.post('/api-keys', { provider: 'openai', api_key: key });
    const restore = current.provider?.fail(key, 500);
    expect((await invoke(gus, 'retry', 'ai_chat', say('hello'))).status).toBe(502);
    restore?.();
    const second = await invoke(gus, 'retry', 'ai_chat', say('hello'));
    expect(second.status).toBe(200);
    expect(second.headers.get('idempotency-replayed')).toBeNull();
  });

  it('stores a key once, asks its provider once, and keeps no secret', async () => {
    const { current } = portunus;
    const hal = await current.person('hal');
    const body = { provider: 'openai', api_key: canaryKey('openai') };
    const asked = () => current.provider?.journal().filter(({ credential }) => credential === body.api_key);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(hal, 'POST', '/api-keys', 'store', body)),
    );
    const first = answers.find(
      ({ headers, status }) => status === 201 && !headers.has('idempotency-replayed'),
    );
    expect(asked()).toHaveLength(1);
    const again = await send(hal, 'POST', '/api-keys', 'store', body);
    expect(again).toMatchObject({ status: 201, text: first?.text });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await hal.get('/api-keys')).body.keys).toHaveLength(1);
    const other = await send(hal, 'POST', '/api-keys', 'store', { ...body, api_key: canaryKey('openai') });
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_mismatch' });

    const kept = JSON.stringify(await marks(), (_name, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    for (const secret of [body.api_key, 'key_id', 'hint', '"store"', 'keys-store']) {
      expect(kept).not.toContain(secret);
    }
  });

  it("works on every route that changes something, and on a key's whole life", async () => {
    const { current } = portunus;
    const ivy = await current.person('ivy');
    const { key_id } = (await ivy.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') }))
      .body;
    const steps: [string, string, unknown?][] = [
      ['POST', `/api-keys/${key_id}/freeze`],
      ['POST', `/api-keys/${key_id}/unfreeze`],
      ['POST', `/api-keys/${key_id}/rotate`, { api_key: canaryKey('openai') }],
      ['POST', `/api-keys/${key_id}/rollback`],
      ['POST', `/api-keys/${key_id}/validate`],
      ['PUT', `/api-keys/${key_id}/label`, { label: 'mine' }],
      ['PUT', '/api-keys/order', { provider: 'openai', key_ids: [key_id] }],
      ['DELETE', `/api-keys/${key_id}`],
      ['DELETE', '/account'],
    ];
    for (const [n, [method, path, body]] of steps.entries()) {
      const first = await send(ivy, method, path, `step ${n}`, body);
      expect([path, first.status]).toEqual([path, 200]);
      const again = await send(ivy, method, path, `step ${n}`, body);
      expect(again).toMatchObject({ status: 200, text: first.text });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    }
    const acts = (await current.rows('audit')).filter(({ result }) => result === 'succeeded');
    const mine = acts.filter(({ target, act }) => target === key_id && act !== 'key.stored');
    expect(new Set(mine.map(({ act }) => act)).size).toBe(mine.length);
  });

  it('is rejected with a key that is none', async () => {
    const jon = await portunus.current.person('jon');
    for (const key of ['x'.repeat(256), 'tab\there']) {
      const rejected = await invoke(jon, key, 'todo_create', { title: 'x' });
      expect(rejected.body).toMatchObject({ status: 400, code: 'invalid_input' });
    }
    const argument = await jon.invoke('todo_create', { title: 'x', idempotency_key: '' });
    expect(argument.body).toMatchObject({ issues: [{ path: 'parameters.idempotency_key' }] });
    expect((await jon.invoke('todo_list', { idempotency_key: 'x' })).status).toBe(400);
    expect(await todosOf(jon)).toEqual([]);
  });

  it('is free again after a day, whether its row is still there or not', async () => {
    const kay = await portunus.current.person('kay');
    const first = await invoke(kay, 'day', 'todo_create', { title: 'daily' });
    await age(await markOf(first), { expires: Date.now() - 1 });
    expect(
      (await invoke(kay, 'day', 'todo_create', { title: 'daily' })).headers.has('idempotency-replayed'),
    ).toBe(false);
    expect(await todosOf(kay)).toHaveLength(2);
  });

  it('is not answered from a forged row', async () => {
    const leo = await portunus.current.person('leo');
    const mark = await markOf(await invoke(leo, 'forged', 'todo_create', { title: 'mine' }));
    const { reply } = mark;
    const forged = Uint8Array.from(reply as Uint8Array);
    forged[40] = (forged[40] ?? 0) ^ 1;
    await age(mark, { reply: forged });
    const rejected = await invoke(leo, 'forged', 'todo_create', { title: 'mine' });
    expect(rejected.body).toMatchObject({ status: 500, code: 'integrity_failed' });
    expect(await todosOf(leo)).toHaveLength(1);
  });

  it('whose answer was lost after it was done is answered on the retry', async () => {
    const { current } = portunus;
    const mia = await current.person('mia');
    const undo = current.awsEndpoint.faults.inject(({ caller, operation }) =>
      caller.includes('tools-invoke') && operation === 'TransactWriteItems' ? { kind: 'lose' } : undefined,
    );
    const lost = await invoke(mia, 'lost', 'todo_create', { title: 'Lost' });
    undo();
    const found = await invoke(mia, 'lost', 'todo_create', { title: 'Lost' });
    expect([lost.status, found.status]).toEqual([200, 200]);
    expect(await todosOf(mia)).toHaveLength(1);
  });
});
