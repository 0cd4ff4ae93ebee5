// The response cache in eight processes on one table: identical requests at once, and owners with the same prompt.
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { onTables } from '#test/contracts/drivers.ts';
import { type CacheReport, startCacheCallers, startCounter } from '#test/support/cache-callers.ts';

const PROCESSES = 8;
const CALLS = 500;
/** 500 calls over eight processes. */
const SHARES = Array.from({ length: PROCESSES }, (_, at) => Math.floor((CALLS + at) / PROCESSES));

const answersIn = (reports: readonly CacheReport[]) =>
  reports.flatMap(({ answers }) => Object.values(answers).flat());

const show = (title: string, reports: readonly CacheReport[]) => {
  const sum: Record<string, number> = {};
  for (const { events } of reports)
    for (const [name, count] of Object.entries(events)) sum[name] = (sum[name] ?? 0) + count;
  process.stderr.write(`${title}: ${JSON.stringify(sum)}\n`);
};

onTables('the response cache in eight processes', (table) => {
  it('makes exactly one upstream call for 500 callers of a cold key', async () => {
    const upstream = await startCounter(() => sleep(1000));
    const { reports } = await startCacheCallers(table(), upstream.url, { owners: ['crowd'], calls: SHARES });
    const answers = answersIn(await reports);
    await upstream.close();
    expect(answers).toHaveLength(CALLS);
    expect(upstream.calls).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(['crowd 1']));
    show('500 callers', await reports);
  });

  it('makes one upstream call for each of 50 owners with the same prompt, and shares no answer', async () => {
    const owners = Array.from({ length: 50 }, (_, at) => `owner-${at}`);
    const upstream = await startCounter(() => sleep(200));
    const { reports } = await startCacheCallers(table(), upstream.url, {
      owners,
      calls: Array.from({ length: PROCESSES }, () => 2),
    });
    const all = await reports;
    await upstream.close();
    expect(upstream.calls.map(({ owner }) => owner).toSorted()).toEqual(owners.toSorted());
    for (const owner of owners) {
      const received = new Set(all.flatMap(({ answers }) => answers[owner] ?? []));
      expect(received.size).toBe(1);
      expect([...received][0]).toMatch(new RegExp(`^${owner} \\d+$`));
    }
    show('50 owners', all);
  });

  it('makes one more upstream call if the process that computes is killed', async () => {
    const never = Promise.withResolvers<void>();
    const upstream = await startCounter(({ pid }, count) => {
      if (count > 1) return sleep(500);
      process.kill(pid, 'SIGKILL');
      return never.promise;
    });
    const { reports } = await startCacheCallers(table(), upstream.url, {
      owners: ['killed'],
      calls: SHARES,
      remainingMs: 12_000,
    });
    const all = await reports;
    never.resolve();
    await upstream.close();
    expect(all).toHaveLength(PROCESSES - 1);
    expect(new Set(answersIn(all))).toEqual(new Set(['killed 2']));
    expect(upstream.calls).toHaveLength(2);
    show('killed', all);
  });
});
