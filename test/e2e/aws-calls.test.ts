import { expect, it } from 'vitest';

import { canaryKey, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('the AWS calls of a request', () => {
  const portunus = usePortunus();

  /** What the request's own functions called, in order of name. The pipe, its consumers and the clock run behind its back. */
  async function callsOf(work: () => Promise<unknown>): Promise<string> {
    const { journal } = portunus.current;
    const before = journal.all().length;
    await work();
    return journal
      .all()
      .slice(before)
      .filter(({ caller }) => !/on-audit-recorded|on-expiry-sweep|pipe/i.test(caller))
      .map(({ operation }) => operation)
      .toSorted()
      .join(' ');
  }

  it('are counted: one more is a decision', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const bob = await current.person('bob');
    const body = { provider: 'openai', api_key: canaryKey('openai') };
    let keyId = '';
    let todoId = '';
    const calls: Record<string, string> = {
      'key stored': await callsOf(async () => {
        keyId = (await alice.post('/api-keys', body)).body.key_id;
      }),
      'key stored twice': await callsOf(() => alice.post('/api-keys', body)),
      'key of another provider': await callsOf(() =>
        alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('anthropic') }),
      ),
      'keys listed': await callsOf(() => alice.get('/api-keys')),
      'providers listed': await callsOf(() => alice.get('/api-keys/providers')),
      'tools listed': await callsOf(() => alice.get('/mcp/tools')),
      time_now: await callsOf(() => alice.invoke('time_now')),
      todo_create: await callsOf(async () => {
        todoId = (await alice.invoke('todo_create', { title: 'x' })).body.result.todo.id;
      }),
      todo_list: await callsOf(() => alice.invoke('todo_list')),
      todo_complete: await callsOf(() => alice.invoke('todo_complete', { id: todoId })),
      'todo_complete, done already': await callsOf(() => alice.invoke('todo_complete', { id: todoId })),
      'bad arguments': await callsOf(() => alice.invoke('todo_create')),
      'ai_chat, cold key': await callsOf(() => alice.invoke('ai_chat', say('one'))),
      'ai_chat, warm key': await callsOf(() => alice.invoke('ai_chat', say('two'))),
      'ai_chat, no key': await callsOf(() => bob.invoke('ai_chat', say('three'))),
      'audit read': await callsOf(() => alice.get('/audit/logs')),
      'notices listed': await callsOf(() => alice.get('/notices')),
      'notice read, unknown': await callsOf(() => alice.post('/notices/none/read', undefined)),
      'receipts read': await callsOf(() => alice.get(`/api-keys/${keyId}/receipts`)),
      'key deleted': await callsOf(() => alice.delete(`/api-keys/${keyId}`)),
      'key deleted twice': await callsOf(() => alice.delete(`/api-keys/${keyId}`)),
      'receipts of a deleted key read': await callsOf(() => alice.get(`/api-keys/${keyId}/receipts`)),
      'account erased': await callsOf(() => alice.delete('/account')),
      'no token': await callsOf(() => current.request('GET', '/api-keys')),
      'bad token': await callsOf(() =>
        current.request('GET', '/api-keys', { headers: { authorization: 'Bearer nonsense' } }),
      ),
      health: await callsOf(() => current.request('GET', '/health')),
    };
    expect(calls).toEqual({
      'key stored': 'GenerateDataKey GenerateMac Query TransactWriteItems',
      'key stored twice': 'GenerateMac PutItem Query',
      'key of another provider': 'PutItem',
      'keys listed': 'PutItem Query',
      'providers listed': 'PutItem Query',
      'tools listed': 'PutItem Query',
      time_now: 'PutItem',
      todo_create: 'TransactWriteItems',
      todo_list: 'PutItem Query',
      todo_complete: 'GetItem TransactWriteItems',
      'todo_complete, done already': 'GetItem PutItem',
      'bad arguments': 'PutItem',
      'ai_chat, cold key': 'Decrypt PutItem PutItem Query',
      'ai_chat, warm key': 'PutItem PutItem Query',
      'ai_chat, no key': 'PutItem PutItem Query',
      'audit read': 'PutItem Query Query',
      'notices listed': 'PutItem Query',
      'notice read, unknown': 'PutItem TransactWriteItems',
      'receipts read': 'PutItem Query Query',
      'key deleted': 'TransactWriteItems',
      'key deleted twice': 'PutItem TransactWriteItems',
      'receipts of a deleted key read': 'PutItem Query Query Query',
      'account erased':
        'GetItem Query Query Query Query TransactWriteItems TransactWriteItems TransactWriteItems',
      'no token': '',
      'bad token': 'PutItem',
      health: '',
    });
  });

  it('of the consumer are one transaction per record', async () => {
    const { current } = portunus;
    await current.events.settled();
    const consumer = current.journal.all().filter(({ caller }) => caller.includes('on-audit-recorded'));
    expect(new Set(consumer.map(({ operation }) => operation))).toEqual(new Set(['TransactWriteItems']));
    // Counting the end of an account would begin a new one.
    const counted = (await current.rows('audit')).filter(({ act }) => act !== 'account.erased');
    expect(consumer).toHaveLength(counted.length);
  });
});
