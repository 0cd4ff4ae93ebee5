import { fork } from 'node:child_process';
import { once } from 'node:events';

import type { Portunus } from './portunus.ts';

/**
 * Callers of one limit of 100 in processes of their own.
 * @param crowd.lost share of the store's answers that never arrive; `skews`: one process each, whose clock is wrong by so many seconds
 * @returns how many calls were admitted
 */
export async function admittedOf(
  { dynamo, tableName }: Portunus,
  crowd: { calls: number; lost?: number; skews: readonly number[] },
): Promise<number> {
  const { calls, lost = 0, skews } = crowd;
  const file = new URL('../shared/limits/rate-callers.ts', import.meta.url).pathname;
  const each = String(calls / skews.length);
  const admitted = await Promise.all(
    skews.map(async (skew) => {
      const args = [dynamo.endpoint, tableName('control'), each, String(lost), String(skew)];
      const [count] = (await once(fork(file, args), 'message')) as [number];
      return count;
    }),
  );
  return admitted.reduce((sum, count) => sum + count, 0);
}
