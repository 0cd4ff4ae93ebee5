// How much memory a process took at most: what Linux says of it.
import { readFileSync, writeFileSync } from 'node:fs';

const PEAK = /^VmHWM:\s+(\d+) kB$/m;

/** In MiB, since it was started or last forgotten. */
export const peakOf = (pid: number): number =>
  Number(PEAK.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** From here on the peak is counted anew. @returns what it takes now, in MiB */
export function forgetPeak(pid: number): number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return peakOf(pid);
}
