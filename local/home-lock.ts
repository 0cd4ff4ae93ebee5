// One stack per home, because two would write the same data. The lock of a killed stack is taken over.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

const LockHolder = z.object({
  pid: z.number().int(),
  /** Start time of the process, if available: process ids are reused. */
  started: z.string(),
});
type LockHolder = z.infer<typeof LockHolder>;

/** Locks held by this process: tells them from those of an earlier process with the same id. */
const held = new Set<string>();

/** Locks the home and returns the function that unlocks it. @throws naming the process that holds it. */
export function lockHome(home: string): () => void {
  mkdirSync(home, { recursive: true });
  const file = join(home, 'lock.json');
  const holder = readLockHolder(file);
  if (holder && isAlive(holder, file)) {
    throw new Error(`A stack is already running on ${home}, as process ${holder.pid}. Stop it first.`);
  }
  rmSync(file, { force: true });
  const self: LockHolder = { pid: process.pid, started: processStartTime(process.pid) };
  // `wx`: of two concurrent starts, one fails here.
  writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

function readLockHolder(file: string): LockHolder | undefined {
  try {
    return LockHolder.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // absent, or truncated by a kill: held by no process
  }
}

function isAlive({ pid, started }: LockHolder, file: string): boolean {
  if (pid === process.pid) return held.has(file);
  return processExists(pid) && processStartTime(pid) === started;
}

/** True if a process with this id exists. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Clock ticks after boot on Linux; empty elsewhere. */
function processStartTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
