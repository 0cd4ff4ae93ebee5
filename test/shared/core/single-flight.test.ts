import { expect, it } from 'vitest';

import { singleFlight } from '#shared/core/single-flight.ts';

function given() {
  const flights = singleFlight<number>();
  let runs = 0;
  const ends: ((error?: Error) => void)[] = [];
  const work = () =>
    new Promise<number>((resolve, reject) => {
      runs += 1;
      const run = runs;
      ends.push((error) => (error ? reject(error) : resolve(run)));
    });
  return { fly: (name: string) => flights(name, work), ends, runs: () => runs };
}

it('work under one name runs once for all concurrent callers, and again for later ones', async () => {
  const { fly, ends, runs } = given();
  const all = [fly('a'), fly('a'), fly('a')];
  expect(runs()).toBe(1);
  ends[0]?.();
  expect(await Promise.all(all)).toEqual([1, 1, 1]);
  const later = fly('a');
  ends[1]?.();
  expect(await later).toBe(2);
});

it('work under two names runs concurrently', () => {
  const { fly, runs } = given();
  void fly('a');
  void fly('b');
  expect(runs()).toBe(2);
});

it('failed work rejects all waiting callers, and runs again for the next', async () => {
  const { fly, ends } = given();
  const all = Promise.allSettled([fly('a'), fly('a')]);
  ends[0]?.(new Error('x'));
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = fly('a');
  ends[1]?.();
  expect(await next).toBe(2);
});
