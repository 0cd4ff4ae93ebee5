// Bundles that stand beside the product's own in one Lambda: see handlers/beside.ts.
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Plugin } from 'esbuild';

import { bundle } from '#scripts/bundle.ts';

const root = join(import.meta.dirname, '../..');
const handlers = join(import.meta.dirname, 'handlers');

/** Every call is admitted, and nothing is reserved. */
const withoutAdmission: Plugin = {
  name: 'without-admission',
  setup(build) {
    build.onResolve({ filter: /^\.\/admission\.ts$/ }, ({ importer }) =>
      importer.startsWith(join(root, 'shared/composition'))
        ? { path: join(handlers, 'no-admission.ts') }
        : undefined,
    );
  },
};

export type Beside = {
  readonly name: string;
  readonly streamed?: boolean;
  /** Its own code a second time, without admission. */
  readonly without?: boolean;
};

/**
 * @param target the folder of the function called `name`
 * @param recordings where what was recorded lies for all its instances
 */
export async function placeBeside(target: string, recordings: string, beside: Beside): Promise<void> {
  const { name, streamed = false, without = false } = beside;
  const folder = await mkdtemp(join(tmpdir(), 'portunus-beside-'));
  try {
    await mkdir(recordings, { recursive: true });
    const file = join(root, 'functions', `${name}.ts`);
    const entry = join(folder, 'entry.ts');
    await writeFile(
      entry,
      `import * as product from ${JSON.stringify(file)};
       import { ${streamed ? 'besideStreamed' : 'besideBuffered'} as beside } from ${JSON.stringify(join(handlers, 'beside.ts'))};
       export const handler = beside(product, ${JSON.stringify(recordings)});`,
    );
    const place = async (from: string, to: string, plugins: readonly Plugin[] = []) => {
      const { dist } = await bundle({ dist: join(folder, 'dist', to), entries: { [name]: from }, plugins });
      await cp(join(dist, 'functions', name), join(target, to), { recursive: true });
    };
    await place(entry, '.');
    if (without) await place(file, 'without', [withoutAdmission]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
