// One stack per home: two would write the same data. A lock left by a stack that was killed blocks nobody.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

const Owner = z.object({
  pid: z.number().int(),
  /** When the process began, where the system tells: process ids are used again. */
  started: z.string(),
});
type Owner = z.infer<typeof Owner>;

/** Locks this process took itself: where the system tells no start times, they alone tell ours from an earlier life's. */
const held = new Set<string>();

/** Takes the home or throws, naming who has it. Returns how to give it back. */
export function lockHome(home: string): () => void {
  mkdirSync(home, { recursive: true });
  const file = join(home, 'lock.json');
  const owner = ownerOf(file);
  if (owner && isAlive(owner, file)) {
    throw new Error(`A stack is already running on ${home}, as process ${owner.pid}. Stop it first.`);
  }
  rmSync(file, { force: true });
  const self: Owner = { pid: process.pid, started: startOf(process.pid) };
  // `wx`: of two that start at the same moment, one fails here.
  writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

function ownerOf(file: string): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // absent, or cut short by a kill: nobody's either way
  }
}

function isAlive({ pid, started }: Owner, file: string): boolean {
  if (pid === process.pid) return held.has(file);
  return processExists(pid) && startOf(pid) === started;
}

/** Whether there is a process with this id. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Ticks after boot, on Linux; elsewhere nothing. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
