// Processes that an earlier, killed run may have left behind.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Empty when there is no such process. */
export function readCommandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

/** Kills the process and waits until it has released its files. @throws when it outlives `timeoutMs`. */
export async function endProcess(pid: number, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  if (!signal(pid, 'SIGKILL')) return;
  while (Date.now() < deadline) {
    // A zombie has no command line and holds no files.
    if (readCommandLine(pid) === '') return;
    await sleep(10);
  }
  throw new Error(`Process ${pid} of an earlier run does not end`);
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
