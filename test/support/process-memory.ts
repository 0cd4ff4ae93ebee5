// Peak memory of a process, from /proc.
import { readFileSync, writeFileSync } from 'node:fs';

const PEAK = /^VmHWM:\s+(\d+) kB$/m;

/** In MiB, since the process started or its peak was reset. */
export const peakMemoryMiB = (pid: number): number =>
  Number(PEAK.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** @returns current memory in MiB */
export function resetPeakMemory(pid: number): number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return peakMemoryMiB(pid);
}
