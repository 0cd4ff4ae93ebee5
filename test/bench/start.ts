// `npm start` to ready, in a copy of the sources: with nothing built, then again with everything there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { copySources } from '#test/support/source-copy.ts';

import { median, times } from './stats.ts';
import { progress, table } from './table.ts';

/** @returns seconds until it says that it is ready */
async function secondsToReady(folder: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['scripts/start.ts', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, PORTUNUS_HOME: join(folder, '.local') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let seconds: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.endsWith('Ready')) continue;
    seconds = (performance.now() - began) / 1000;
    child.kill('SIGINT');
  }
  await exited;
  if (seconds === undefined) throw new Error('npm start ended before it was ready.');
  return seconds;
}

export async function starts(quick: boolean): Promise<void> {
  const rounds = quick ? 1 : 3;
  const cold: number[] = [];
  const second: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`npm start: round ${round} of ${rounds}`);
    const folder = copySources();
    try {
      cold.push(await secondsToReady(folder));
      second.push(await secondsToReady(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const base = median(cold);
  const row = (name: string, seconds: readonly number[]) => [
    name,
    `${median(seconds).toFixed(1)} s`,
    times(median(seconds) / base),
  ];
  table(
    `npm start to ready, median of ${rounds}`,
    ['', 'seconds', ''],
    [row('cold: nothing built, no data', cold), row('second start', second)],
  );
}
