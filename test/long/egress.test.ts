import { expect, it } from 'vitest';

import { hostileTries } from '#test/shared/egress/hostile-tries.ts';

it('reaches no internal address in 10,000 attempts, and sends the key along with no redirect', {
  timeout: 900_000,
}, async () => {
  const { inside, redirected, outside } = await hostileTries(10_000, 1);
  expect({ inside, redirected }).toEqual({ inside: 0, redirected: 0 });
  expect(outside).toBeGreaterThan(100);
});
