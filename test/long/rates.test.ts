import { expect, it } from 'vitest';

import { admittedOf } from '#test/support/rate-callers.ts';
import { withRate } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus({ mutate: withRate(1, 100) });
const eight = [0, 0, 0, 0, 0, 0, 0, 0];

onEngine('a limit of 100', () => {
  it('under 1,000 concurrent callers in eight processes admits exactly 100', async () => {
    expect(await admittedOf(portunus.current, { calls: 1000, skews: eight })).toBe(100);
  });

  it('admits no slot twice while 30 % of the store’s responses are lost', async () => {
    // Lost responses cost the caller: at worst a third of the admissions.
    const admitted = await admittedOf(portunus.current, { calls: 1000, lost: 0.3, skews: eight });
    expect(admitted).toBeLessThanOrEqual(100);
    expect(admitted).toBeGreaterThan(40);
  });

  it('admits exactly 100 although the clocks of the processes are up to ten minutes apart', async () => {
    const skews = [300, -300, 300, -300, 300, -300, 300, -300];
    expect(await admittedOf(portunus.current, { calls: 1000, skews })).toBe(100);
  });
});

onEngine('a limit of 100, over the API', () => {
  it('admits at most 100 of 1,000 calls while 30 % of the store’s answers are lost', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    await alice.get('/mcp/tools'); // the authorizer's verdict, once for all
    const started = Date.now();
    let lost = 0;
    const stop = current.awsEndpoint.faults.inject(({ caller, operation }) => {
      if (!caller.includes('tools-invoke') || operation !== 'UpdateItem' || Math.random() > 0.3)
        return undefined;
      lost += 1;
      return { kind: 'lose' };
    });
    let left = 1000;
    const statuses: number[] = [];
    const caller = async () => {
      for (; left > 0; ) {
        left -= 1;
        statuses.push((await alice.invoke('time_now')).status);
      }
    };
    await Promise.all(Array.from({ length: 40 }, caller));
    stop();
    const admitted = statuses.filter((status) => status === 200).length;
    const back = Math.floor((Date.now() - started) / 60_000); // one place a minute
    expect(lost).toBeGreaterThan(100);
    expect(admitted).toBeLessThanOrEqual(100 + back);
    expect(admitted).toBeGreaterThan(40);
    expect(new Set(statuses)).toEqual(new Set([200, 429, ...(statuses.includes(503) ? [503] : [])]));
  }, 300_000);
});
