// Gateways in a row: each tells the next how many there were, and how long the caller of all still waits. One that calls itself,
// under whatever name and through whomever, comes to an end by it.
import type { Deadline } from './deadline.ts';
import { AppError } from './errors.ts';

export const HOPS_HEADER = 'x-portunus-hops';
export const PATIENCE_HEADER = 'x-portunus-deadline-ms';

const MAX_HOPS = 2;
const COUNT = /^\d$/;
const MILLISECONDS = /^\d{1,9}$/;

/** What stands in our header; nothing is the caller itself. What we would not write counts as too many. */
export function hopsIn(header: string | undefined): number {
  if (header === undefined) return 0;
  return COUNT.test(header) ? Number(header) : MAX_HOPS;
}

/** How long the caller waits, where it says so. It can shorten our own time and never lengthen it. */
export const patienceIn = (header: string | undefined): number =>
  header !== undefined && MILLISECONDS.test(header) ? Number(header) : Infinity;

/**
 * Headers of a call to whatever may be a gateway too.
 * @throws {AppError} `loop` before anything is called
 */
export function onward(call: { readonly hops: number; readonly deadline: Deadline }): Record<string, string> {
  if (call.hops >= MAX_HOPS) throw new AppError('loop');
  return {
    [HOPS_HEADER]: String(call.hops + 1),
    [PATIENCE_HEADER]: String(Math.floor(call.deadline.remainingMs())),
  };
}
