import { expect, it } from 'vitest';

import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('the tools over REST', () => {
  const portunus = usePortunus();

  it('are described with schemas, examples and the key they take', async () => {
    const alice = await portunus.current.person('alice');
    const { body } = await alice.get('/mcp/tools');
    expect(body.tools.map(({ name }: { name: string }) => name)).toEqual([
      'ai_chat',
      'ai_compare',
      'ai_embed',
      'ai_models',
      'ai_summarise',
      'calc_evaluate',
      'json_format',
      'json_query',
      'key_status',
      'service_status',
      'text_count',
      'text_diff',
      'text_hash',
      'time_add',
      'time_between',
      'time_convert',
      'time_now',
      'todo_complete',
      'todo_create',
      'todo_create_many',
      'todo_delete',
      'todo_get',
      'todo_list',
      'todo_reopen',
      'todo_update',
      'usage_status',
    ]);
    expect(body.tools[0]).toMatchObject({
      input_schema: { type: 'object', required: ['messages'] },
      output_schema: { type: 'object' },
      requires_key: { kind: 'ai', present: false },
    });
  });

  it('keep todos for their owner, and complete them once', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    const created = await alice.invoke('todo_create', { title: 'Renew the passport', tags: ['home'] });
    expect(created.body).toMatchObject({ success: true, cached: false, mode: 'live' });
    const { todo } = created.body.result;
    expect(todo).toMatchObject({
      title: 'Renew the passport',
      priority: 'normal',
      status: 'open',
      version: 1,
    });

    expect((await bob.invoke('todo_list')).body.result.todos).toEqual([]);
    const unknown = await bob.invoke('todo_complete', { id: todo.id });
    expect(unknown.body).toMatchObject({ status: 404, code: 'not_found' });

    const done = await alice.invoke('todo_complete', { id: todo.id });
    expect(done.body.result.todo).toMatchObject({ status: 'done', version: 2 });
    const again = await alice.invoke('todo_complete', { id: todo.id });
    expect(again.body.result).toEqual(done.body.result);
    expect((await alice.invoke('todo_list')).body.result.todos).toEqual([]);
    expect((await alice.invoke('todo_list', { status: 'done' })).body.result.todos).toHaveLength(1);
  });

  it('page through a long list without losing or repeating one', async () => {
    const carl = await portunus.current.person('carl');
    const titles = Array.from({ length: 7 }, (_, n) => `number ${n}`);
    for (const title of titles) await carl.invoke('todo_create', { title });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await carl.invoke('todo_list', { limit: 3, ...(cursor && { cursor }) });
      seen.push(...body.result.todos.map(({ title }: { title: string }) => title));
      cursor = body.result.next_cursor ?? undefined;
    } while (cursor);
    expect(seen.toSorted()).toEqual(titles);
  });

  it('are changed field by field, reopened and deleted, each on the version that was seen', async () => {
    const eva = await portunus.current.person('eva');
    const draft = {
      title: 'Paint',
      description: 'the fence',
      due_at: '2027-05-01T10:00:00+02:00',
      tags: ['home'],
    };
    const { todo } = (await eva.invoke('todo_create', draft)).body.result;
    const { id } = todo;

    const changed = await eva.invoke('todo_update', { id, version: 1, priority: 'high', due_at: null });
    const { due_at: _due, ...undated } = todo;
    expect(changed.body.result.todo).toEqual({
      ...undated,
      priority: 'high',
      version: 2,
      updated_at: changed.body.result.todo.updated_at,
    });

    const stale = await eva.invoke('todo_update', { id, version: 1, title: 'Burn' });
    expect(stale.body).toMatchObject({
      status: 409,
      code: 'conflict',
      current: { version: 2, title: 'Paint' },
    });

    await eva.invoke('todo_complete', { id });
    const reopened = await eva.invoke('todo_reopen', { id });
    expect(reopened.body.result.todo).toMatchObject({ status: 'open', version: 4 });
    expect(reopened.body.result.todo.completed_at).toBeUndefined();

    expect((await eva.invoke('todo_get', { id })).body.result).toEqual(reopened.body.result);
    expect((await eva.invoke('todo_delete', { id, version: 3 })).status).toBe(409);
    expect((await eva.invoke('todo_delete', { id })).body.result).toEqual(reopened.body.result);
    expect((await eva.invoke('todo_get', { id })).body).toMatchObject({ code: 'not_found' });
  });

  it('are added in bulk, all or none', async () => {
    const fay = await portunus.current.person('fay');
    const todos = Array.from({ length: 25 }, (_, n) => ({ title: `n${n}` }));
    expect((await fay.invoke('todo_create_many', { todos: [...todos, { title: 'one more' }] })).status).toBe(
      400,
    );
    expect((await fay.invoke('todo_create_many', { todos: [...todos.slice(1), { title: '' }] })).status).toBe(
      400,
    );
    expect((await fay.invoke('todo_list')).body.result.todos).toEqual([]);
    expect((await fay.invoke('todo_create_many', { todos })).body.result.todos).toHaveLength(25);
    expect((await fay.invoke('todo_list')).body.result.todos).toHaveLength(25);
  });

  it('are found by words, tags and dates, in the order asked for', async () => {
    const gil = await portunus.current.person('gil');
    const todos = [
      { title: 'Call Bank', priority: 'high', tags: ['money'], due_at: '2027-01-03T00:00:00Z' },
      { title: 'bake bread', description: 'for the Bank holiday', due_at: '2027-01-01T23:30:00-02:00' },
      { title: 'Answer mail', priority: 'low' },
    ];
    await gil.invoke('todo_create_many', { todos });
    const titles = async (query: object) =>
      (await gil.invoke('todo_list', query)).body.result.todos.map(({ title }: { title: string }) => title);
    expect(await titles({ search: 'BANK' })).toHaveLength(2);
    expect(await titles({ search: 'bank call' })).toEqual(['Call Bank']);
    expect(await titles({ tag: 'money' })).toEqual(['Call Bank']);
    expect(await titles({ due_after: '2027-01-02T00:00:00Z', due_before: '2027-01-02T12:00:00Z' })).toEqual([
      'bake bread',
    ]);
    expect(await titles({ sort: 'due' })).toEqual(['bake bread', 'Call Bank', 'Answer mail']);
    expect(await titles({ sort: 'title' })).toEqual(['Answer mail', 'bake bread', 'Call Bank']);
    expect(await titles({ sort: 'priority' })).toEqual(['Call Bank', 'bake bread', 'Answer mail']);
  });

  it('let one of two simultaneous completions win, and lose neither', async () => {
    const dora = await portunus.current.person('dora');
    const { body } = await dora.invoke('todo_create', { title: 'once' });
    const { id } = body.result.todo;
    const answers = await Promise.all(Array.from({ length: 8 }, () => dora.invoke('todo_complete', { id })));
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const { body: listed } = await dora.invoke('todo_list', { status: 'all' });
    expect(listed.result.todos).toMatchObject([{ status: 'done', version: 2 }]);
  });

  it('return the time in a zone', async () => {
    const alice = await portunus.current.person('alice');
    const { body } = await alice.invoke('time_now', { zone: 'Asia/Tokyo' });
    const { utc, local, zone } = body.result;
    expect(zone).toBe('Asia/Tokyo');
    expect(Date.parse(`${local}Z`) - Math.floor(Date.parse(utc) / 1000) * 1000).toBe(9 * 3600 * 1000);
  });

  it('work as their own examples show', async () => {
    const ida = await portunus.current.person('ida');
    const { tools } = (await ida.get('/mcp/tools')).body;
    for (const { name, examples } of tools) {
      if (/^(todo|ai)_/.test(name)) continue; // theirs name ids and keys that are not there
      for (const example of examples) {
        expect((await ida.invoke(name, example)).body).toMatchObject({ success: true });
      }
    }
  });

  // OpenAI's strict mode makes every field required; models then send null for what they leave out.
  it('count null for an optional argument as absent', async () => {
    const ilse = await portunus.current.person('ilse');
    const { tools } = (await ilse.get('/mcp/tools')).body;
    for (const { name, examples, input_schema: schema } of tools) {
      if (/^ai_|^todo_(?!create$|list$)/.test(name)) continue; // theirs name ids and keys that are not there
      const absent = Object.fromEntries(Object.keys(schema.properties).map((field) => [field, null]));
      const answer = await ilse.invoke(name, { ...absent, ...examples[0] });
      expect({ name, ...answer.body }).toMatchObject({ name, success: true });
    }
    const unnamed = await ilse.invoke('todo_create', { title: null, tags: null });
    expect(unnamed.body.issues).toEqual([expect.objectContaining({ path: 'parameters.title' })]);
  });

  it('calculate, count, hash and look things up', async () => {
    const ida = await portunus.current.person('ida');
    const result = async (tool: string, parameters: object) =>
      (await ida.invoke(tool, parameters)).body.result;
    expect(await result('calc_evaluate', { expression: '0.1 + 0.2' })).toEqual({
      result: '0.3',
      exact: true,
    });
    expect(await result('text_count', { text: 'né\n👍 x' })).toEqual({
      characters: 6,
      words: 3,
      lines: 2,
      bytes: 10,
    });
    const { hex } = await result('text_hash', { text: 'abc' });
    expect(hex).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const json = '{"a/b":[{"m~n":null}],"__p":1}';
    expect(await result('json_query', { json, pointer: '/a~1b/0/m~0n' })).toEqual({
      found: true,
      type: 'null',
      value: null,
    });
    expect(await result('json_query', { json, pointer: '/toString' })).toEqual({ found: false });
    expect((await ida.invoke('json_query', { json: '{"__proto__":1}' })).status).toBe(400);
    expect((await ida.invoke('calc_evaluate', { expression: '1/0' })).body).toMatchObject({
      status: 400,
      detail: 'Division by zero.',
    });
  });

  it('step through calendars, and reject years that cannot be written', async () => {
    const ida = await portunus.current.person('ida');
    const { body } = await ida.invoke('time_add', {
      at: '2027-03-27T02:30:00+01:00',
      zone: 'Europe/Berlin',
      days: 1,
    });
    expect(body.result).toEqual({
      utc: '2027-03-28T01:30:00.000Z',
      local: '2027-03-28T03:30:00',
      zone: 'Europe/Berlin',
      offset: '+02:00',
      weekday: 'Sunday',
    });
    const far = await ida.invoke('time_add', { at: '2027-01-01T00:00:00Z', years: 100_000 });
    expect(far.body).toMatchObject({ status: 400, code: 'invalid_input' });
    const nowhere = await ida.invoke('time_convert', { at: '2027-01-01T00:00:00Z', zone: 'Mars/Olympus' });
    expect(nowhere.body).toMatchObject({ status: 400, issues: [{ path: 'parameters.zone' }] });
    const span = await ida.invoke('time_between', {
      from: '2027-03-01T00:00:00Z',
      to: '2027-01-31T00:00:00Z',
    });
    expect(span.body.result).toMatchObject({ direction: 'backward', seconds_total: -29 * 86_400 });
  });

  it("tell of the caller's own keys, and never a key", async () => {
    const { current } = portunus;
    const [jon, kim] = [await current.person('jon'), await current.person('kim')];
    const key = canaryKey('openai');
    const { key_id } = (await jon.post('/api-keys', { provider: 'openai', api_key: key })).body;
    const told = await jon.invoke('key_status', {});
    expect(told.body.result.keys).toMatchObject([{ key_id, status: 'active', hint: `…${key.slice(-4)}` }]);
    expect(told.text).not.toContain(key.slice(0, -4).slice(-12));
    expect((await jon.invoke('key_status', { provider: 'anthropic' })).body.result.keys).toEqual([]);
    expect((await kim.invoke('key_status', {})).body.result.keys).toEqual([]);
    const { providers } = (await kim.invoke('service_status', {})).body.result;
    expect(providers).toContainEqual(expect.objectContaining({ name: 'openai', configured: true }));
  });

  it('reject what their schema does not know, without echoing it', async () => {
    const alice = await portunus.current.person('alice');
    for (const parameters of [{ title: 'x', colour: 'mauve' }, { title: 5 }, {}, { title: ' ' }]) {
      const rejected = await alice.invoke('todo_create', parameters);
      expect(rejected.body).toMatchObject({
        status: 400,
        code: 'invalid_input',
        next_step: expect.any(String),
      });
      expect(rejected.body.issues[0].path).toMatch(/^parameters/);
      expect(rejected.text).not.toContain('mauve');
    }
    expect((await alice.invoke('todo_destroy')).body).toMatchObject({ status: 404, code: 'unknown_tool' });
    const other = await alice.post('/mcp/tools/invoke', {
      tool_name: 'time_now',
      parameters: {},
      user_id: 'bob',
    });
    expect(other.body).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('ask for the scope they need', async () => {
    const poor = await portunus.current.person('alice', { scopes: ['tools:call'] });
    expect((await poor.invoke('time_now')).status).toBe(200);
    expect((await poor.invoke('todo_list')).body).toMatchObject({ status: 403, code: 'insufficient_scope' });
  });
});
