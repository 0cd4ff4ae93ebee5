import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { canaryKey, type Person, type Portunus, say } from '#test/support/portunus.ts';
import { deleteAccountClosures } from '#test/support/account-closures.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const store = (person: Person, provider: 'openai' | 'anthropic') =>
  person.post('/api-keys', { provider, api_key: canaryKey(provider) });

/** Rows of the live tables that belong to an owner. */
async function rowsOf(portunus: Portunus, ownerId: unknown) {
  const tables = await Promise.all([portunus.rows('vault'), portunus.rows('content')]);
  return tables.flat().filter(({ pk }) => pk === ownerId);
}

/** A person with two keys, a todo, a use, and enough other rows for several batches. */
async function settledIn(portunus: Portunus, name: string, rows = 0) {
  const person = await portunus.person(name);
  const before = new Set((await portunus.rows('vault')).map(({ pk }) => pk));
  const { body } = await store(person, 'openai');
  await store(person, 'anthropic');
  await person.invoke('todo_create', { title: 'leave', idempotency_key: 'leave' });
  await person.invoke('ai_chat', say('hello'));
  await portunus.events.settled();
  const ownerId = (await portunus.rows('vault')).find(({ pk }) => !before.has(pk))?.['pk'];
  const puts = Array.from({ length: rows }, (_, n) => ({
    PutRequest: { Item: { pk: ownerId, sk: `NOTICE#${n}`, text: 'x' } },
  }));
  for (let from = 0; from < puts.length; from += 25) {
    const batch = { [portunus.tableName('content')]: puts.slice(from, from + 25) };
    await portunus.db.send(new BatchWriteCommand({ RequestItems: batch }));
  }
  return { person, ownerId, keyId: body.key_id as string };
}

onEngine('an owner who erases the account', () => {
  const portunus = usePortunus();

  it('receives the erased data, the end of the backups and the pages for revocation', async () => {
    const { current } = portunus;
    const { person, ownerId } = await settledIn(current, 'alice', 200);
    const bob = await settledIn(current, 'bob');
    const othersBefore = await rowsOf(current, bob.ownerId);

    const { status, body } = await person.delete('/account');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      complete: true,
      erased: { keys: 2 },
      no_longer_readable: expect.arrayContaining(['provider keys', 'todos']),
      live_within_seconds: 60,
      backups: [
        { what: 'provider keys', days: 7 },
        { what: expect.stringContaining('todos'), days: 35 },
      ],
      revoke_at_providers: [
        { provider: 'anthropic', title: 'Anthropic', url: expect.stringMatching(/^https:/) },
        { provider: 'openai', title: 'OpenAI', url: expect.stringMatching(/^https:/) },
      ],
    });
    expect(body.erased.records).toBeGreaterThan(200);
    const days = (Date.parse(body.backups[0].lapse_at) - Date.parse(body.erased_at)) / 86_400_000;
    expect(days).toBe(7);

    // The events of the erasure itself arrive after it, and must not begin a new account.
    await current.events.settled();
    expect(await rowsOf(current, ownerId)).toEqual([]);
    const kept = (await current.rows('control')).filter(({ pk }) => String(pk).startsWith('IDEM#'));
    expect(kept.map(({ pk }) => pk)).toEqual([String(bob.ownerId).replace('U#', 'IDEM#')]);
    expect(await rowsOf(current, bob.ownerId)).toEqual(othersBefore);
  });

  it('is rejected by every function without a cached session', async () => {
    const { current } = portunus;
    const { person } = await settledIn(current, 'carla');
    await person.delete('/account');
    const newer = await current.person('carla');
    for (const each of [person, newer]) {
      expect((await each.get('/api-keys')).body).toMatchObject({ status: 401, reason: 'account_erased' });
    }
    expect((await newer.invoke('todo_list')).status).toBe(401);
  });

  it('has no key on the very next call, and a second request is harmless', async () => {
    const { current } = portunus;
    const { person } = await settledIn(current, 'cora');
    await person.delete('/account');
    await deleteAccountClosures(current);
    expect((await person.invoke('ai_chat', say('hello'))).body).toMatchObject({ code: 'key_missing' });
    expect((await person.get('/api-keys')).body.keys).toEqual([]);
    expect((await person.invoke('todo_list')).body.result.todos).toEqual([]);

    const again = await person.delete('/account');
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ complete: true, erased: { keys: 0 } });
    expect(again.body.revoke_at_providers).toHaveLength(2);
  });

  it('leaves a trail that reads whole, receipts of the keys among it', async () => {
    const { current } = portunus;
    const { person, keyId } = await settledIn(current, 'dora');
    const before = (await person.get('/audit/logs?limit=100')).body.logs;
    await person.delete('/account');
    await deleteAccountClosures(current);
    const { body } = await person.get('/audit/logs?limit=100');
    expect(body.logs.slice(-before.length)).toEqual(before);
    const told = body.logs.slice(0, -before.length).map((log: Record<string, unknown>) => log['action']);
    expect(told.toSorted()).toEqual([
      // requested, rows, stored responses of idempotent requests, cached responses, complete
      'account.erased',
      'account.erased',
      'account.erased',
      'account.erased',
      'account.erased',
      'audit.read',
      'key.deleted',
      'key.deleted',
    ]);
    const receipts = await person.get(`/api-keys/${keyId}/receipts`);
    expect(receipts.body.receipts).toHaveLength(1);
  });

  it('continues an interrupted erasure with a second request', async () => {
    const { current } = portunus;
    const { person, ownerId } = await settledIn(current, 'emil', 120);
    let seen = 0;
    // The mark, then the keys, then the first batch of rows; the second batch fails.
    const clear = current.awsEndpoint.faults.inject(({ caller, operation }) => {
      if (!caller.includes('account-erase') || operation !== 'TransactWriteItems') return undefined;
      seen += 1;
      return seen < 4 ? undefined : { kind: 'error', status: 500, type: 'InternalServerError', message: '' };
    });
    const broken = await person.delete('/account');
    clear();
    expect(broken.body).toMatchObject({ status: 503, code: 'unavailable' });
    expect((await person.invoke('ai_chat', say('hello'))).body).toMatchObject({ code: 'key_missing' });
    expect((await rowsOf(current, ownerId)).length).toBeGreaterThan(0);

    const mark = (await current.rows('control')).find(
      ({ pk }) => pk === `ERASED#${String(ownerId).slice(2)}`,
    );
    const { body } = await person.delete('/account');
    expect(body).toMatchObject({ complete: true, erased_at: mark?.['at'] });
    expect(body.revoke_at_providers).toHaveLength(2);
    await current.events.settled();
    expect(await rowsOf(current, ownerId)).toEqual([]);
  });

  it('may return after the backups expired, with new counters', async () => {
    const { current } = portunus;
    const { person, ownerId } = await settledIn(current, 'fred');
    await person.delete('/account');
    await deleteAccountClosures(current);
    await store(person, 'openai');
    expect((await person.invoke('ai_chat', say('hello'))).status).toBe(200);
    await current.events.settled();
    const usage = (await rowsOf(current, ownerId)).find(({ sk }) => String(sk).startsWith('USAGE#'));
    expect(usage).toMatchObject({ 'key.stored:succeeded': 1, 'tool.called:succeeded': 1 });
  });

  it('must hold the scope for it', async () => {
    const reader = await portunus.current.person('gina', { scopes: ['keys:read', 'keys:write'] });
    await store(reader, 'openai');
    expect((await reader.delete('/account')).body).toMatchObject({ code: 'insufficient_scope' });
    expect((await reader.get('/api-keys')).body.keys).toHaveLength(1);
  });
});
