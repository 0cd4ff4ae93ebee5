import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const store = async (person: Person, provider: 'openai' | 'anthropic' = 'openai') =>
  (await person.post('/api-keys', { provider, api_key: canaryKey(provider) })).body.key_id as string;

type Receipt = Record<string, unknown>;

onEngine('the receipts of a key', () => {
  const portunus = usePortunus();

  it('name time, tool, request and version of each use, newest first, and of no other key', async () => {
    const alice = await portunus.current.person('alice');
    const [openai, anthropic] = [await store(alice), await store(alice, 'anthropic')];
    const first = await alice.invoke('ai_chat', say('one', { provider: 'openai' }));
    await alice.invoke('ai_chat', say('two', { provider: 'anthropic' }));
    const third = await alice.invoke('ai_chat', say('three', { provider: 'openai' }));

    const { status, body } = await alice.get(`/api-keys/${openai}/receipts`);
    expect(status).toBe(200);
    expect(body.pagination).toEqual({ limit: 20, next_cursor: null });
    expect(body.receipts).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        action: 'tool.called',
        tool: 'ai_chat',
        request_id: third.body.request_id,
        version: 1,
        outcome: 'succeeded',
      },
      expect.objectContaining({ request_id: first.body.request_id, outcome: 'succeeded' }),
    ]);
    const other = await alice.get(`/api-keys/${anthropic}/receipts`);
    expect(other.body.receipts).toHaveLength(1);
  });

  it('are paged without a gap or a double', async () => {
    const gus = await portunus.current.person('gus');
    const keyId = await store(gus);
    for (let n = 0; n < 7; n += 1) await gus.invoke('ai_chat', say(`${n}`));
    const seen: Receipt[] = [];
    let cursor = '';
    do {
      const { body } = await gus.get(`/api-keys/${keyId}/receipts?limit=2${cursor}`);
      expect(body.receipts.length).toBeLessThanOrEqual(2);
      seen.push(...body.receipts);
      cursor = body.pagination.next_cursor ? `&cursor=${body.pagination.next_cursor}` : '';
    } while (cursor);
    expect(new Set(seen.map((receipt) => receipt['request_id']))).toHaveLength(7);
    expect(seen).toHaveLength(7);
    const times = seen.map((receipt) => String(receipt['time']));
    expect(times).toEqual(times.toSorted().toReversed());
    expect((await gus.get(`/api-keys/${keyId}/receipts?cursor=bm9uc2Vuc2U`)).body).toMatchObject({
      code: 'invalid_input',
    });
  });

  it('count an attempt without an outcome as possible use, within the life of the key only', async () => {
    const { current } = portunus;
    const hal = await current.person('hal');
    const keyId = await store(hal);
    await hal.invoke('ai_chat', say('hello'));
    const late = await store(hal, 'anthropic');
    // A function that died between the two records leaves an attempt alone: here the twin of a real one.
    const pk = (await current.rows('vault')).find(({ sk }) => String(sk).endsWith(keyId.slice(7)))?.['pk'];
    const attempt = (await current.rows('audit')).find(
      (row) => row['pk'] === pk && row['act'] === 'tool.called' && row['result'] === 'attempted',
    );
    const rec = { ...JSON.parse(String(attempt?.['rec'])), eventId: '0'.repeat(26), requestId: 'died' };
    const Item = {
      ...attempt,
      sk: `${rec.ts}#${rec.eventId}`,
      eventId: rec.eventId,
      rec: JSON.stringify(rec),
    };
    await current.db.send(new PutCommand({ TableName: current.tableName('audit'), Item }));
    const { receipts } = (await hal.get(`/api-keys/${keyId}/receipts`)).body;
    expect(receipts.map(({ outcome }: Receipt) => outcome).toSorted()).toEqual(['succeeded', 'unknown']);
    expect(receipts.find(({ outcome }: Receipt) => outcome === 'unknown')).toMatchObject({
      request_id: 'died',
      version: null,
      tool: 'ai_chat',
    });
    expect((await hal.get(`/api-keys/${late}/receipts`)).body.receipts).toEqual([]);
  });

  it('outlive the key', async () => {
    const ivy = await portunus.current.person('ivy');
    const keyId = await store(ivy);
    const used = await ivy.invoke('ai_chat', say('hello'));
    await ivy.delete(`/api-keys/${keyId}`);
    const { status, body } = await ivy.get(`/api-keys/${keyId}/receipts`);
    expect(status).toBe(200);
    expect(body.receipts).toMatchObject([{ request_id: used.body.request_id, version: 1 }]);
  });

  it('of another owner’s key answer exactly like those of an unknown key', async () => {
    const { current } = portunus;
    const [jane, kim] = [await current.person('jane'), await current.person('kim')];
    const keyId = await store(jane);
    await jane.invoke('ai_chat', say('hello'));
    const timeless = ({ status, body }: Awaited<ReturnType<typeof kim.get>>) => ({
      ...body,
      status,
      request_id: '',
    });
    const foreign = await kim.get(`/api-keys/${keyId}/receipts`);
    expect(foreign.status).toBe(404);
    for (const id of [`openai_${'A'.repeat(22)}`, 'nonsense']) {
      expect(timeless(await kim.get(`/api-keys/${id}/receipts`))).toEqual(timeless(foreign));
    }
  });
});
