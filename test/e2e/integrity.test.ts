import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { canaryKey, providerChats, type Portunus, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

async function twoOwners(portunus: Portunus) {
  const [alice, bob] = [await portunus.person('alice'), await portunus.person('bob')];
  for (const person of [alice, bob]) {
    const { body } = await person.get('/api-keys');
    if (body.keys.length > 0) continue;
    await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
  }
  const [first, second] = await portunus.rows('vault');
  if (!first || !second) throw new Error('Both rows must be there.');
  return { alice, bob, first, second };
}

const put = (portunus: Portunus, Item: Record<string, unknown>) =>
  portunus.db.send(new PutCommand({ TableName: portunus.tableName('vault'), Item }));

const keyOf = ({ pk, sk }: Record<string, unknown>) => ({ pk, sk });

onEngine('an attacker with write access to the table but not to KMS', () => {
  const portunus = usePortunus();

  it('cannot use keys by swapping the rows of two owners', async () => {
    const { current } = portunus;
    const { alice, bob, first, second } = await twoOwners(current);
    await put(current, { ...first, ...keyOf(second) });
    await put(current, { ...second, ...keyOf(first) });
    for (const person of [alice, bob]) {
      const rejected = await person.invoke('ai_chat', say('hello'));
      expect(rejected.body).toMatchObject({ status: 500, code: 'integrity_failed' });
    }
    expect(providerChats(current)).toEqual([]);
    const { body } = await alice.get('/audit/logs?action=tool.called&result=failed');
    expect(body.logs).toMatchObject([
      { error: 'integrity_failed', target: 'ai_chat', keys: [{ version: 1 }] },
    ]);
    await put(current, first);
    await put(current, second);
  });

  it('is rejected by KMS itself when only the wrapped key is exchanged', async () => {
    const { current } = portunus;
    const { alice, bob, first, second } = await twoOwners(current);
    await put(current, { ...first, wk: second['wk'], wkFp: second['wkFp'] });
    await put(current, { ...second, wk: first['wk'], wkFp: first['wkFp'] });
    for (const person of [alice, bob]) {
      expect((await person.invoke('ai_chat', say('hello'))).body).toMatchObject({ code: 'integrity_failed' });
    }
    const rejections = current.kmsLog().filter(({ result }) => result === 'InvalidCiphertextException');
    expect(rejections).toHaveLength(2);
    expect(providerChats(current)).toEqual([]);
    await put(current, first);
    await put(current, second);
  });

  it('loses nothing else: with the rows back in place both keys work', async () => {
    const { alice, bob } = await twoOwners(portunus.current);
    for (const person of [alice, bob])
      expect((await person.invoke('ai_chat', say('hello'))).status).toBe(200);
  });
});
