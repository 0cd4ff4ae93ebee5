import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';

import { tryMutants } from './mutants.ts';

it('opens none of 10,000 damaged messages', async () => {
  const { rejected, accepted, crashed } = await tryMutants({ seed: randomInt(2 ** 32), count: 10_000 });
  expect({ accepted, crashed }).toEqual({ accepted: [], crashed: [] });
  expect(Math.min(...Object.values(rejected))).toBeGreaterThan(100); // of each kind
});
