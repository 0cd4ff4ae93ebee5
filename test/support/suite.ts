// How end-to-end files are described: on the engine of this run, with one stack for the whole file.
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe } from 'vitest';

import type { StackOptions } from '#local/stack.ts';

import { engine, type Portunus, startPortunus } from './portunus.ts';

function hasJava(): boolean {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Describes on the engine of this run. Without Java (Debian: openjdk-17-jre-headless) the second engine is skipped. */
export const onEngine = describe.skipIf(engine === 'dynamodb-local' && !hasJava());

/** One stack for all tests of a file. It is stopped and its folder removed, whatever happens. */
export function usePortunus(options: Partial<StackOptions> = {}): { readonly current: Portunus } {
  let running: Portunus | undefined;
  beforeAll(async () => {
    running = await startPortunus(options);
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
