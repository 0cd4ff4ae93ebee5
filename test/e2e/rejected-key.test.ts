import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { canaryKey, type Person, type Portunus, say } from '#test/support/portunus.ts';
import { calm, rejectionStorm } from '#test/support/rejection-storm.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { toolCalls } from '#test/support/tool-calls.ts';

type Row = Record<string, unknown>;

async function store(person: Person, key: string, provider = 'openai'): Promise<string> {
  const { status, body } = await person.post('/api-keys', { provider, api_key: key });
  expect(status).toBe(201);
  return body.key_id;
}

/** Chats that reached the provider with this key. */
const chatsWith = ({ provider }: Portunus, key: string) =>
  (provider?.journal() ?? []).filter(({ credential, method }) => credential === key && method === 'POST');

const noticesOf = async ({ rows }: Portunus, keyId: string): Promise<Row[]> =>
  (await rows('content')).filter(({ sk, subject }) => String(sk).startsWith('NOTICE#') && subject === keyId);

const statesOf = async (person: Person): Promise<[string, string][]> => {
  const { body } = await person.get('/api-keys');
  return body.keys.map(({ key_id, status }: Record<string, string>) => [key_id, status]);
};

onEngine('a key that its provider rejects', () => {
  const portunus = usePortunus();

  it('is replaced by the owner’s backup key, as stated in the response, the trail and one notice', async () => {
    const { current } = portunus;
    const ann = await current.person('ann');
    const [bad, good] = [canaryKey('openai'), canaryKey('openai')];
    const [badId, goodId] = [await store(ann, bad), await store(ann, good)];
    current.provider?.reject(bad);

    const answered = await ann.invoke('ai_chat', say('are you there?'));
    expect(answered.body).toMatchObject({
      success: true,
      cached: false,
      mode: 'backup_key',
      reason: 'key_rejected',
      result: { text: expect.stringContaining('are you there?') },
    });
    expect(chatsWith(current, bad)).toHaveLength(1);
    expect(chatsWith(current, good)).toHaveLength(1);
    expect(await statesOf(ann)).toEqual([
      [badId, 'invalid'],
      [goodId, 'active'],
    ]);

    const { body } = await ann.get('/audit/logs');
    const ofCall = body.logs.filter((log: Row) => log['request_id'] === answered.body.request_id);
    expect(ofCall.map(({ action, result }: Row) => `${String(action)} ${String(result)}`)).toEqual(
      expect.arrayContaining([
        'tool.called attempted',
        'key.invalidated succeeded',
        'notice.raised succeeded',
        'tool.called succeeded',
      ]),
    );
    const outcome = ofCall.find(
      ({ action, result }: Row) => action === 'tool.called' && result === 'succeeded',
    );
    expect(outcome.keys).toEqual([
      { key_id: badId, version: 1 },
      { key_id: goodId, version: 1 },
    ]);
    expect(outcome.metadata).toMatchObject({ outcome: 'backup_key', reason: 'key_rejected' });

    const again = await ann.invoke('ai_chat', say('and now?'));
    expect(again.body).toMatchObject({ mode: 'backup_key', reason: 'key_invalid' });
    expect(chatsWith(current, bad)).toHaveLength(1);
    expect(await noticesOf(current, badId)).toMatchObject([
      {
        kind: 'key_invalid',
        severity: 'critical',
        text: expect.stringContaining(`…${bad.slice(-4)}`),
        next_step: expect.stringContaining('https://platform.openai.com/api-keys'),
      },
    ]);
  });

  it('is rejected from then on where there is no other, with where to make a new one', async () => {
    const { current } = portunus;
    const ben = await current.person('ben');
    const bad = canaryKey('anthropic');
    await store(ben, bad, 'anthropic');
    current.provider?.reject(bad);
    const url = 'https://console.anthropic.com/settings/keys';
    expect((await ben.invoke('ai_chat', say('one'))).body).toMatchObject({ code: 'key_rejected', url });
    expect((await ben.invoke('ai_chat', say('two'))).body).toMatchObject({ code: 'key_invalid', url });
    expect(chatsWith(current, bad)).toHaveLength(1);
  });

  // 100 at once, each in an instance of its own, are in test/long: here are as many as start in seconds.
  it('costs one call each way and one notice, however many meet the rejection at once', async () => {
    const storm = await rejectionStorm(portunus.current, { name: 'cid', calls: 30, atOnce: 8 });
    expect(storm).toMatchObject(calm(30));
    // A caller whose call was rejected goes on only when the row is marked: none meets it twice.
    expect(storm.rejected).toBe(storm.met);
    expect(storm.rejected).toBeGreaterThan(1);
    expect(storm.rejected).toBeLessThanOrEqual(8);
  }, 180_000);

  it('is not marked for an account without quota: the backup serves, the key stays', async () => {
    const { current } = portunus;
    const dot = await current.person('dot');
    const [poor, rich] = [canaryKey('openai'), canaryKey('openai')];
    const poorId = await store(dot, poor);
    await store(dot, rich);
    current.provider?.nextRequestError(429, {
      message: 'quota',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    });
    expect((await dot.invoke('ai_chat', say('one'))).body).toMatchObject({
      mode: 'backup_key',
      reason: 'out_of_quota',
    });
    expect((await dot.invoke('ai_chat', say('two'))).body).toMatchObject({ mode: 'live' });
    expect((await statesOf(dot))[0]).toEqual([poorId, 'active']);
    expect(await noticesOf(current, poorId)).toEqual([]);
  });

  it('is not marked for a rate limit: no other key is tried', async () => {
    const { current } = portunus;
    const eve = await current.person('eve');
    const [first, second] = [canaryKey('openai'), canaryKey('openai')];
    await store(eve, first);
    await store(eve, second);
    current.provider?.nextRequestError(429, {
      message: 'slow',
      type: 'requests',
      code: 'rate_limit_exceeded',
    });
    const { body } = await eve.invoke('ai_chat', say('one'));
    expect(body).toMatchObject({ mode: 'live', attempts: [{ provider: 'openai', code: 'rate_limited' }] });
    expect(chatsWith(current, second)).toEqual([]);
  });

  it('that has expired is replaced by the next one, as stated in the response', async () => {
    const { current } = portunus;
    const fay = await current.person('fay');
    const [old, fresh] = [canaryKey('openai'), canaryKey('openai')];
    const oldId = await store(fay, old);
    await store(fay, fresh);
    const row = (await current.rows('vault')).find(({ sk }) =>
      String(sk).endsWith(oldId.split('_').slice(1).join('_')),
    );
    await current.db.send(
      new UpdateCommand({
        TableName: current.tableName('vault'),
        Key: { pk: row?.['pk'], sk: row?.['sk'] },
        UpdateExpression: 'SET expiresAt = :past',
        ExpressionAttributeValues: { ':past': '2020-01-01T00:00:00Z' },
      }),
    );
    expect((await fay.invoke('ai_chat', say('one'))).body).toMatchObject({
      mode: 'backup_key',
      reason: 'key_expired',
    });
    expect(chatsWith(current, old)).toEqual([]);
  });

  it('costs, once, one read, one transaction and the backup’s data key more', async () => {
    const { current } = portunus;
    const gil = await current.person('gil');
    const bad = canaryKey('openai');
    await store(gil, bad);
    await store(gil, canaryKey('openai'));
    current.provider?.reject(bad);
    const calls = await toolCalls(current, () => gil.invoke('ai_chat', say('hello')));
    expect(calls).toEqual([
      'Query',
      'UpdateItem', // beside it: the rate
      'TransactWriteItems', // rejected: the owner's first call of the day
      'TransactWriteItems',
      'Decrypt',
      'Query',
      'Query',
      'TransactWriteItems',
      'Decrypt',
      'TransactWriteItems',
    ]);
  });
});
