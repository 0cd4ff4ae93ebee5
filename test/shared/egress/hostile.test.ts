import { expect, it } from 'vitest';

import { hostileTries } from './hostile-tries.ts';

it('reaches no internal address in 1,000 attempts, and sends the key along with no redirect', {
  timeout: 120_000,
}, async () => {
  const { inside, redirected, outside, codes } = await hostileTries(1000, 20_261_122);
  expect({ inside, redirected }).toEqual({ inside: 0, redirected: 0 });
  // The tries are real: some reached the outside and were answered, redirected, or sent a bomb.
  expect(outside).toBeGreaterThan(10);
  expect(Object.keys(codes).toSorted()).toEqual(['200', 'egress_refused', 'upstream_malformed']);
});
