import { expect, it } from 'vitest';

import { canaryKey, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('functions that are frozen the moment they answer, as on AWS', () => {
  const portunus = usePortunus({ lambdaOptions: { freeze: true } });

  it('have left nothing to do: every answer, record and event is there', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const stored = await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    expect(stored.status).toBe(201);
    for (let n = 0; n < 5; n += 1) {
      expect((await alice.invoke('todo_create', { title: `${n}` })).status).toBe(200);
      expect((await alice.invoke('ai_chat', say('hello'))).status).toBe(200);
    }
    expect((await alice.invoke('todo_list')).body.result.todos).toHaveLength(5);
    const { body } = await alice.get('/audit/logs?limit=50');
    expect(body.total_count).toBe(2 + 5 * 3 + 1);
    await current.events.settled();
    expect(current.events.lost()).toEqual([]);
    // Every record is counted: the history would otherwise be complete only until the first that is missing.
    const before = new Date().toISOString();
    const { complete_until: until, usage } = (await alice.get('/usage/history')).body;
    expect(usage).toMatchObject([{ calls: 11, succeeded: 11 }]);
    expect(until >= before).toBe(true);
  });
});
