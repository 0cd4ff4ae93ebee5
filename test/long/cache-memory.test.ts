import { fork } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

const KEYS = 1_000_000;
const script = new URL('../shared/cache/distinct-keys.ts', import.meta.url).pathname;

describe('the memory of an instance', () => {
  it('stays flat over 1,000,000 distinct cached requests of 10,000 owners', async () => {
    const child = fork(script, [String(KEYS), String(KEYS / 10)], { execArgv: ['--expose-gc'] });
    const [{ heaps, entries, bytes }] = (await once(child, 'message')) as [
      { heaps: number[]; entries: number; bytes: number },
    ];
    const [first = 0] = heaps;
    process.stderr.write(
      `heap in MiB after each tenth: ${heaps.map((heap) => heap.toFixed(1)).join(', ')}; ${entries} entries, ${bytes} bytes in the first tier\n`,
    );
    expect(heaps).toHaveLength(10);
    expect(Math.max(...heaps) - first).toBeLessThan(2);
    expect(entries).toBeLessThanOrEqual(500);
  }, 1_800_000);
});
