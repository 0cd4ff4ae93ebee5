import { expect, it } from 'vitest';

import { leafHash } from '#shared/audit/merkle.ts';
import { CHAIN_START } from '#shared/audit/verification.ts';
import { canaryKey, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Entry = Record<string, string>;

onEngine('the audit trail', () => {
  const portunus = usePortunus();

  it('has a record for each action of its owner, visible only to them', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    await alice.invoke('todo_create', { title: 'one' });
    const rejected = await alice.invoke('todo_create', {});
    const chat = await alice.invoke('ai_chat', say('hello'));

    const { body } = await alice.get('/audit/logs');
    expect(body.total_count).toBe(6);
    expect(body.pagination).toEqual({ limit: 20, next_cursor: null, total_is_exact: true });
    expect(body.logs.map(({ action, result }: Entry) => `${action} ${result}`)).toEqual([
      'tool.called succeeded',
      'tool.called attempted',
      'tool.called refused',
      'tool.called succeeded',
      'key.stored succeeded',
      'key.validated attempted',
    ]);
    const [outcome, attempt, rejection] = body.logs;
    expect(outcome).toMatchObject({
      user_id: 'alice',
      category: 'api_call',
      target: 'ai_chat',
      request_id: chat.body.request_id,
      metadata: { provider: 'openai' },
      keys: [{ key_id: expect.stringMatching(/^openai_/), version: 1 }],
    });
    expect(attempt.request_id).toBe(outcome.request_id);
    expect(rejection).toMatchObject({ error: 'invalid_input', request_id: rejected.body.request_id });
    expect(outcome.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    expect((await bob.get('/audit/logs')).body.logs).toEqual([]);
  });

  it('is filtered and paged', async () => {
    const gus = await portunus.current.person('gus');
    for (let n = 0; n < 5; n += 1) await gus.invoke('todo_create', { title: `${n}` });
    await gus.invoke('nothing_such');
    const first = (await gus.get('/audit/logs?action=tool.called&result=succeeded&limit=3')).body;
    expect(first.logs).toHaveLength(3);
    expect(first.total_count).toBe(5);
    const rest = await gus.get(
      `/audit/logs?action=tool.called&result=succeeded&limit=3&cursor=${first.pagination.next_cursor}`,
    );
    expect(rest.body.logs).toHaveLength(2);
    const ids = [...first.logs, ...rest.body.logs].map(({ event_id }: Entry) => event_id);
    expect(new Set(ids)).toHaveLength(5);
    expect((await gus.get('/audit/logs?result=refused')).body.logs).toMatchObject([
      { target: 'unknown', error: 'unknown_tool' },
    ]);
    expect((await gus.get('/audit/logs?limit=1000')).body).toMatchObject({
      status: 400,
      code: 'invalid_input',
    });
    expect((await gus.get('/audit/logs?cursor=bm9uc2Vuc2U')).body).toMatchObject({ code: 'invalid_input' });
  });

  it('is read as a whole by auditors and admins, page by page, by no other role, and in no other order', async () => {
    const { current } = portunus;
    const [ivy, carol] = [await current.person('ivy'), await current.person('carol')];
    for (let n = 0; n < 3; n += 1) await ivy.invoke('time_now');
    const all = (await current.rows('audit'))
      .map(({ sk }) => String(sk))
      .toSorted()
      .toReversed();
    const to = all[0]?.slice(0, 24); // reading writes records too
    const read: string[] = [];
    let cursor: string | null = null;
    do {
      const page: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await carol.get(`/audit/logs?limit=7&to=${to}${page}`);
      read.push(...body.logs.map(({ time, event_id }: Entry) => `${time}#${event_id}`));
      expect(body.total_count).toBe(all.length);
      expect(body.pagination).toMatchObject({ total_is_exact: true, from: expect.any(String) });
      cursor = body.pagination.next_cursor;
    } while (cursor !== null);
    expect(read).toEqual(all);

    const today = new Date().toISOString().slice(0, 10);
    const filtered = await carol.get(
      `/audit/logs?action=tool.called&target=time_now&result=succeeded&from=${today}T00:00:00Z`,
    );
    const [ownLog] = (await ivy.get('/audit/logs?target=time_now')).body.logs;
    expect(filtered.body.total_count).toBeGreaterThanOrEqual(3);
    expect(filtered.body.logs.map(({ event_id }: Entry) => event_id)).toContain(ownLog.event_id);
    const [trace] = (await carol.get('/audit/logs?action=audit.read&user_id=carol')).body.logs;
    expect(trace).toMatchObject({ target: 'everyone' });

    const erin = await current.person('erin');
    expect((await erin.get('/audit/logs')).body.total_count).toBeGreaterThan(all.length);
    const dave = await current.person('dave');
    const own = (await dave.get('/audit/logs')).body.logs;
    expect(own.filter(({ user_id }: Entry) => user_id !== 'dave')).toEqual([]);
  });

  it('is counted by its projection, every record exactly once, and puts only what has a consumer on the bus', async () => {
    const { current } = portunus;
    const hal = await current.person('hal');
    for (let n = 0; n < 10; n += 1) await hal.invoke('time_now');
    await current.events.settled();

    const records = await current.rows('audit');
    const published = current.events
      .busEvents()
      .filter(({ source }) => source === 'portunus.audit')
      .map(({ detail }) => (detail as Entry)['act']);
    expect(published).not.toContain('tool.called');

    const counted = (await current.rows('content'))
      .filter(({ sk }) => String(sk).startsWith('USAGE#'))
      .flatMap((row) => Object.values(row).filter((value) => typeof value === 'number'));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(records.length);
  });

  it('counts records once that the stream delivers again', async () => {
    const { current } = portunus;
    const counters = async () => {
      const rows = (await current.rows('content')).filter(({ sk }) => String(sk).startsWith('USAGE#'));
      return Object.fromEntries(rows.map((row) => [`${String(row['pk'])} ${String(row['sk'])}`, row]));
    };
    const before = await counters();
    const [position = ''] = Object.values(before).map((row) => String(row['counted:to']));
    const [label = '', sequence = ''] = position.split('/');
    const rows = (await current.rows('audit')).slice(0, 5);
    const Records = rows.map((row) => ({
      eventName: 'INSERT',
      eventSourceARN: `arn:aws:dynamodb:eu-central-1:000000000000:table/audit/stream/${label}`,
      dynamodb: {
        SequenceNumber: String(BigInt(sequence) > 0n ? 1n : 0n),
        NewImage: Object.fromEntries(
          Object.entries(row).flatMap(([name, S]) => (typeof S === 'string' ? [[name, { S }]] : [])),
        ),
      },
    }));
    const consumer = current.lambda.functions().find(({ name }) => name.includes('on-audit-recorded'));
    const again = await current.lambda.invoke(consumer?.arn ?? '', { Records });
    expect(again).toEqual({ payload: { batchItemFailures: [] } });
    expect(before).not.toEqual({});
    expect(await counters()).toEqual(before);
  });

  it('has records of format 2 with server time and ids, whose chains have no gap and no fork', async () => {
    const rows = await portunus.current.rows('audit');
    const chains = new Map<string, { seq: number; prev: string; leaf: string }[]>();
    for (const row of rows) {
      const rec = String(row['rec']);
      const record = JSON.parse(rec);
      expect(record).toMatchObject({
        fmt: 2,
        eventId: row['eventId'],
        ownerId: row['ownerId'],
        ts: row['ts'],
        requestId: expect.any(String),
      });
      expect(Buffer.byteLength(rec)).toBeLessThanOrEqual(4096);
      const link = { seq: record.seq, prev: record.prev, leaf: leafHash(rec).toString('hex') };
      chains.set(record.w, [...(chains.get(record.w) ?? []), link]);
    }
    expect(chains.size).toBeGreaterThan(0);
    for (const chain of chains.values()) {
      const links = chain.toSorted((a, b) => a.seq - b.seq);
      expect(links.map(({ seq }) => seq)).toEqual(links.map((_, n) => n + 1));
      expect(links.map(({ prev }) => prev)).toEqual([
        CHAIN_START,
        ...links.slice(0, -1).map(({ leaf }) => leaf),
      ]);
    }
  });
});
