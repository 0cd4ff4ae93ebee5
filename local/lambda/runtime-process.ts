// The operating-system process of an instance: Node with AWS's runtime client and a shim for its native add-on.
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

import type { FunctionConfig } from './function-config.ts';

const RUNTIME_CLIENT = createRequire(import.meta.url).resolve('aws-lambda-ric');
const SHIM = path.join(import.meta.dirname, 'rapid-client-shim.cjs');

export function spawnRuntime(config: FunctionConfig, environment: Record<string, string>): ChildProcess {
  const heapMiB = Math.floor(config.memoryMiB * 0.9); // leaves memory for everything outside the heap, as on AWS
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heapMiB}`, '--require', SHIM, RUNTIME_CLIENT],
    {
      cwd: config.codeFolder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // Ctrl-C in the terminal reaches the host alone, which stops its children in order
    },
  );
  child.on('error', () => {}); // then it has no pid, or the exit event carries the reason
  return child;
}

export const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;
