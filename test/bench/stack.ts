import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildAssembly } from '#scripts/build.ts';

import { EMPTY_HANDLER, replaceBundle } from './bare-assembly.ts';

export type BenchStack = { readonly url: string; readonly token: string };

/** Runs `work` against a stack whose `health` does nothing at all. */
export async function withStack<T>(work: (stack: BenchStack) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'portunus-bench-'));
  const assembly = join(folder, 'cdk.out');
  replaceBundle(await buildAssembly({ stage: 'local' }), assembly, { name: 'health', source: EMPTY_HANDLER });
  const child = fork(join(import.meta.dirname, 'stack-process.ts'), [assembly]);
  const exited = once(child, 'exit');
  try {
    const [ready] = (await Promise.race([
      once(child, 'message'),
      exited.then(() => {
        throw new Error('The stack ended before it was ready.');
      }),
    ])) as [BenchStack];
    return await work(ready);
  } finally {
    if (child.connected) child.disconnect();
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}
