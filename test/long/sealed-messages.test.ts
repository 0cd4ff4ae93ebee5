// The codec by numbers; `npm test` does the same with fewer.
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';

import { officialOpensOurs, weOpenTheOfficial } from '#test/shared/crypto/interop.ts';
import { tryMutants } from '#test/shared/crypto/mutants.ts';

const MUTANTS = 1_000_000;
const SLICES = 20;

it(`opens none of ${MUTANTS.toLocaleString('en')} damaged messages`, async () => {
  const first = randomInt(2 ** 31);
  const total: Record<string, number> = {};
  for (let slice = 0; slice < SLICES; slice += 1) {
    const { rejected, accepted, crashed } = await tryMutants({
      seed: first + slice,
      count: MUTANTS / SLICES,
    });
    expect({ accepted, crashed }).toEqual({ accepted: [], crashed: [] });
    for (const [damage, count] of Object.entries(rejected)) total[damage] = (total[damage] ?? 0) + count;
  }
  const sum = Object.values(total).reduce((left, right) => left + right, 0);
  expect(sum).toBe(MUTANTS);
  process.stderr.write(`refused, first seed ${first}: ${JSON.stringify(total)}\n`);
}, 900_000);

it('reads 1,000 messages of the official SDK, and the official SDK 1,000 of ours', async () => {
  expect(await officialOpensOurs(1000)).toBe(1000);
  expect(await weOpenTheOfficial(1000)).toBe(1000);
}, 120_000);
