import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

import { withRate } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus({ mutate: withRate(10, 4) });

onEngine('the rate of one caller', () => {
  it('is limited over REST: the burst, then 429 with the time to wait', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const answers = await Promise.all(Array.from({ length: 12 }, () => alice.invoke('time_now')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(8);
    for (const { headers, body } of refused) {
      expect(body).toMatchObject({ code: 'rate_limited', limit: { per_minute: 10, burst: 4 } });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const { body } = await alice.get('/audit/logs?result=refused');
    expect(body.logs).toHaveLength(8);
  });

  it('is another caller’s own affair', async () => {
    const bob = await portunus.current.person('bob');
    expect((await bob.invoke('time_now')).status).toBe(200);
  });

  it('is not used up by requests that are refused before they do anything', async () => {
    const carl = await portunus.current.person('carl');
    for (let n = 0; n < 10; n += 1) expect((await carl.invoke('todo_create')).status).toBe(400);
    expect((await carl.invoke('time_now')).status).toBe(200);
  });
});

onEngine('a limit of 100 under 1,000 concurrent callers in four processes', () => {
  it('admits exactly 100', async () => {
    const { current } = portunus;
    const file = new URL('../shared/limits/rate-callers.ts', import.meta.url).pathname;
    const args = [current.dynamo.endpoint, current.tableName('control'), '250'];
    const admitted = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const [count] = (await once(fork(file, args), 'message')) as [number];
        return count;
      }),
    );
    expect(admitted.reduce((sum, count) => sum + count, 0)).toBe(100);
  }, 180_000);
});
