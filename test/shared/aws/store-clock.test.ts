import { afterEach, expect, it } from 'vitest';

import { learnFrom, storeMicroseconds } from '#shared/aws/store-clock.ts';

const at = (ms: number) => new Date(ms).toUTCString();
const ahead = () => Math.round((storeMicroseconds() / 1000 - Date.now()) / 1000);

afterEach(() => learnFrom(at(Date.now())));

it.each([
  ['five minutes ahead', 300],
  ['five minutes behind', -300],
  ['four seconds ahead', 4],
])('an instance whose store is %s counts by the store’s clock', (_kind, seconds) => {
  learnFrom(at(Date.now() + seconds * 1000));
  expect(Math.abs(ahead() - seconds)).toBeLessThanOrEqual(1);
});

it('whole seconds and slow answers are no difference, nor is an answer without a date', () => {
  learnFrom(at(Date.now() + 1500));
  learnFrom(undefined);
  learnFrom('yesterday');
  expect(ahead()).toBe(0);
});
