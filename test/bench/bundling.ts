// Bundling as `npm start` does it, against one plain esbuild call over the same entries: no split, nothing left out.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as esbuild from 'esbuild';

import { bundle, declaredEntries } from '#scripts/bundle.ts';
import { FINGERPRINTS } from '#scripts/bundle-reuse.ts';

import { median, times, within } from './stats.ts';
import { progress, table } from './table.ts';

const MAX_TIMES_PLAIN = 2.5;
const CHANGED = 'keys-label';

async function secondsFor(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const plainCall = () =>
  esbuild.build({
    absWorkingDir: join(import.meta.dirname, '../..'),
    entryPoints: Object.entries(declaredEntries()).map(([name, file]) => ({
      in: file,
      out: `${name}/index`,
    })),
    outdir: 'out',
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    metafile: true,
    logLevel: 'silent',
  });

/** As if one source of one function had changed since the last bundle. */
async function forget(dist: string, name: string): Promise<void> {
  const file = join(dist, FINGERPRINTS);
  const fingerprints = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  await writeFile(file, JSON.stringify({ ...fingerprints, [name]: '' }));
}

export async function bundling(quick: boolean): Promise<void> {
  const rounds = quick ? 1 : 5;
  const seconds = { plain: [] as number[], all: [] as number[], changed: [] as number[] };
  await plainCall(); // starts esbuild's process
  for (let round = 1; round <= rounds; round += 1) {
    progress(`bundling: round ${round} of ${rounds}`);
    const dist = await mkdtemp(join(tmpdir(), 'portunus-bundling-'));
    try {
      seconds.plain.push(await secondsFor(plainCall));
      seconds.all.push(await secondsFor(() => bundle({ dist, reuse: true })));
      await forget(dist, CHANGED);
      seconds.changed.push(await secondsFor(() => bundle({ dist, reuse: true })));
    } finally {
      await rm(dist, { recursive: true, force: true });
    }
  }
  const base = median(seconds.plain);
  const row = (name: string, values: readonly number[], limit?: number) => {
    const ratio = median(values) / base;
    const text = limit === undefined ? times(ratio) : within(times(ratio), times(limit), ratio <= limit);
    return [name, `${median(values).toFixed(1)} s`, text];
  };
  table(
    `Bundling ${Object.keys(declaredEntries()).length} functions, median of ${rounds}`,
    ['', 'seconds', 'to the plain call'],
    [
      row('one plain esbuild call', seconds.plain),
      row('all functions, split and lean', seconds.all, MAX_TIMES_PLAIN),
      row(`after a change of ${CHANGED} alone`, seconds.changed),
    ],
  );
}
