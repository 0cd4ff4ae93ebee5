// Frame of end-to-end files: on the engine of this run, with one stack for the whole file.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';

import { missingFor } from '#local/dynamodb/dynamodb.ts';
import type { StackOptions } from '#local/stack.ts';
import { buildAssembly } from '#scripts/build.ts';

import { engine, type Portunus, startPortunus } from './portunus.ts';

/** Describes on the engine of this run. Without Java (Debian: openjdk-17-jre-headless) the second engine is skipped. */
export const onEngine = describe.skipIf(missingFor(engine) !== undefined);

/** One stack for all tests of a file or a description. It is stopped and its folder removed, whatever happens. */
export function usePortunus(options: Partial<StackOptions> = {}): { readonly current: Portunus } {
  let running: Portunus | undefined;
  beforeAll(async () => {
    if (missingFor(engine) !== undefined) return; // nothing here will run
    const assembly = options.assembly ?? (await buildAssembly({ stage: 'local' }));
    // In the folder of the assembly, with which it is replaced. Benchmarks start their stacks without it.
    const compileCache = join(assembly, '.compile-cache');
    const lambdaOptions = { compileCache, ...options.lambdaOptions };
    running = await startPortunus({ ...options, assembly, lambdaOptions });
  });
  afterAll(async () => {
    await running?.stop();
    if (running) await rm(running.home, { recursive: true, force: true });
  });
  return {
    get current() {
      if (!running) throw new Error('The stack is not running.');
      return running;
    },
  };
}
