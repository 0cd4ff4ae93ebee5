import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Notice = Record<string, string>;

const DAY = 24 * 3600 * 1000;
const SWEEP = 'on-expiry-sweep';

const noticesOf = async (person: Person, query = ''): Promise<Notice[]> =>
  (await person.get(`/notices${query}`)).body.notices;

onEngine('an owner’s notices', () => {
  const portunus = usePortunus();
  const now = Date.now();

  /** A key of this person that ends then. Written past the API: what counts here is the row. */
  async function storeKey(person: Person, endsAt: number) {
    const { db, tableName, rows } = portunus.current;
    const secret = canaryKey('openai');
    const { body } = await person.post('/api-keys', { provider: 'openai', api_key: secret });
    const row = (await rows('vault')).find(({ sk }) => sk === `KEY#${body.key_id.replace('_', '#')}`);
    const expiresAt = new Date(endsAt).toISOString();
    await db.send(
      new UpdateCommand({
        TableName: tableName('vault'),
        Key: { pk: row?.['pk'], sk: row?.['sk'] },
        UpdateExpression: 'SET expiresAt = :at, expDay = :day',
        ExpressionAttributeValues: { ':at': expiresAt, ':day': expiresAt.slice(0, 10) },
      }),
    );
    return { keyId: String(body.key_id), secret, row };
  }

  const sweep = (daysFromNow = 0) =>
    portunus.current.events.runSchedule(SWEEP, new Date(now + daysFromNow * DAY));
  const recordsOf = async (pk: unknown, act: string) =>
    (await portunus.current.rows('audit')).filter((row) => row['pk'] === pk && row['act'] === act);

  it('announce the expiry of a key at 30, 7 and 1 days and at the end, each once, however often the sweep runs', async () => {
    const alice = await portunus.current.person('alice');
    const { keyId, secret, row } = await storeKey(alice, now + 40 * DAY);
    expect(await noticesOf(alice)).toEqual([]);

    for (const day of [0, 9, 10.5, 11.5, 20, 33.5, 34, 39.5, 39.6, 41, 42]) {
      await sweep(day);
      await sweep(day);
    }
    const notices = await noticesOf(alice);
    expect(notices.map(({ kind, severity, subject }) => [kind, severity, subject])).toEqual([
      ['key_expired', 'critical', keyId],
      ['key_expiring', 'warning', keyId],
      ['key_expiring', 'warning', keyId],
      ['key_expiring', 'info', keyId],
    ]);
    expect(notices[3]).toMatchObject({
      text: expect.stringContaining(`OpenAI key …${secret.slice(-4)} expires on`),
      next_step: expect.stringContaining(`POST /api-keys/${keyId}/rotate`),
      url: 'https://platform.openai.com/api-keys',
      read_at: null,
    });
    expect(JSON.stringify(notices)).not.toContain(secret.slice(0, 12));

    expect(await recordsOf(row?.['pk'], 'notice.raised')).toHaveLength(4);
    expect(await recordsOf(row?.['pk'], 'key.expired')).toMatchObject([
      { target: keyId, result: 'succeeded' },
    ]);
  });

  it('reach the operators as one line each, on the topic', async () => {
    const { current } = portunus;
    await current.events.settled();
    const lines = current.events.published().map(({ message }) => message);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^"Portunus local: info notice key_expiring about openai_[\w-]{22}, owner [\w-]{27}, at [-\d]+T[\d:.]+Z \(audit record \w{26}\)\."$/,
    );
    expect(current.events.published()[0]?.topicArn).toMatch(/:portunus-local-ops$/);
    expect(current.events.lost()).toEqual([]);
  });

  it('are marked as read, once, by their owner alone', async () => {
    const [alice, bob] = [await portunus.current.person('alice'), await portunus.current.person('bob')];
    const [first] = await noticesOf(alice);
    const read = (person: Person, id = first?.['id']) => person.post(`/notices/${id}/read`, undefined);

    const foreign = await read(bob);
    const unknown = await read(bob, 'key_expired~nothing~v1');
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect(await noticesOf(alice, '?unread=true')).toHaveLength(4);

    expect((await read(alice)).body).toMatchObject({ success: true, id: first?.['id'] });
    const [marked] = await noticesOf(alice);
    expect(marked?.['read_at']).toEqual(expect.any(String));
    expect((await read(alice)).status).toBe(200);
    expect((await noticesOf(alice))[0]).toEqual(marked);
    expect((await noticesOf(alice, '?unread=true')).map(({ id }) => id)).not.toContain(first?.['id']);

    await sweep(41); // a notice that was read is not raised again
    expect((await noticesOf(alice))[0]).toEqual(marked);
    expect(await noticesOf(bob)).toEqual([]);
  });

  it('are paged, newest first', async () => {
    const alice = await portunus.current.person('alice');
    const all = await noticesOf(alice);
    const { body: one } = await alice.get('/notices?limit=3');
    const { body: two } = await alice.get(`/notices?limit=3&cursor=${one.pagination.next_cursor}`);
    expect(one.notices).toHaveLength(3);
    expect([...one.notices, ...two.notices]).toEqual(all);
    expect(two.pagination).toEqual({ limit: 3, next_cursor: null });
    const times = all.map(({ created_at }) => Date.parse(created_at ?? ''));
    expect(times.toSorted((earlier, later) => later - earlier)).toEqual(times);

    const { body: unread } = await alice.get('/notices?limit=2&unread=true');
    expect(unread.notices).toEqual(all.slice(1, 3));
    for (const query of ['limit=1000', 'unread=yes', 'cursor=bm9uc2Vuc2U', 'order=asc']) {
      expect((await alice.get(`/notices?${query}`)).body).toMatchObject({ code: 'invalid_input' });
    }
  });

  it('tell of what a missed sweep would have told, and of no key that is gone or has no end', async () => {
    const { current } = portunus;
    const [carl, dora] = [await current.person('carl'), await current.person('dora')];
    await storeKey(carl, now - 2 * DAY);
    const gone = await storeKey(dora, now + 5 * DAY);
    await dora.delete(`/api-keys/${gone.keyId}`);
    await dora.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    await sweep();
    expect((await noticesOf(carl)).map(({ kind }) => kind)).toEqual(['key_expired']);
    expect(await noticesOf(dora)).toEqual([]);

    // An expired key is rejected on use whether or not a sweep has seen it; the rest keeps working.
    expect((await carl.invoke('ai_chat', say('hello'))).status).toBe(409);
    expect((await carl.invoke('time_now')).status).toBe(200);
  });

  it('are not kept from others by a row that is no key: the run says that it failed', async () => {
    const { current } = portunus;
    const frank = await current.person('frank');
    const { row } = await storeKey(await current.person('gail'), now + 3 * DAY);
    const TableName = current.tableName('vault');
    const Key = { pk: row?.['pk'], sk: row?.['sk'] };
    const setVersion = (version: unknown) =>
      current.db.send(
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression: 'SET version = :version',
          ExpressionAttributeValues: { ':version': version },
        }),
      );
    await setVersion('first');
    await storeKey(frank, now + 4 * DAY);
    await sweep();
    expect((await noticesOf(frank)).map(({ kind }) => kind)).toEqual(['key_expiring']);
    const waiting = Object.entries(current.events.queues()).filter(([arn]) => arn.includes('expirysweep'));
    expect(waiting.map(([, messages]) => messages.length)).toEqual([1]);
    await setVersion(1);
  });

  it('cost the sweep no read of the vault table itself: only of the index without ciphertext', async () => {
    const calls = portunus.current.journal.all().filter(({ caller }) => caller.includes(SWEEP));
    const queries = calls.filter(({ operation }) => operation === 'Query');
    expect(queries.length % 38).toBe(0);
    expect(
      new Set(queries.flatMap(({ resources }) => resources.map((arn) => arn.split('/index/')[1]))),
    ).toEqual(new Set(['expiry']));
    expect(new Set(calls.map(({ operation }) => operation))).toEqual(
      new Set(['Query', 'TransactWriteItems']),
    );
    expect(calls.every(({ allowed }) => allowed)).toBe(true);
  });

  it('are not needed where a rotation left a value behind: the sweep takes it out of its row', async () => {
    const { current } = portunus;
    const [mia, secret] = [await current.person('mia'), canaryKey('openai')];
    const { body } = await mia.post('/api-keys', { provider: 'openai', api_key: secret });
    const rowOf = async () =>
      (await current.rows('vault')).find(({ sk }) => sk === `KEY#openai#${body.key_id.slice(7)}`);
    const ends = { expires_at: new Date(now + 50 * DAY).toISOString() };
    await mia.post(`/api-keys/${body.key_id}/rotate`, { api_key: canaryKey('openai'), ...ends });
    await sweep(0);
    expect(await rowOf()).toMatchObject({ version: 2, revision: 2, prev: { version: 1 } }); // it may still be gone back to

    await sweep(1);
    await sweep(1);
    const row = await rowOf();
    expect(row).toMatchObject({ version: 2, revision: 3, expDay: ends.expires_at.slice(0, 10) });
    expect(row).not.toHaveProperty('prev');
    expect(await recordsOf(row?.['pk'], 'key.previous_dropped')).toMatchObject([{ target: body.key_id }]);
    expect((await mia.invoke('ai_chat', say('hello'))).status).toBe(200);
    await sweep(45);
    expect((await noticesOf(mia)).map(({ kind }) => kind)).toEqual(['key_expiring']);
  });
});
