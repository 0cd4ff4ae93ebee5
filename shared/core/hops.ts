// Loop protection for chained gateways: each passes on the hop count and the remaining time of the first caller. A
// gateway that calls itself, under any name and through any other, exceeds the hop limit.
import type { Deadline } from './deadline.ts';
import { AppError } from './errors.ts';

export const HOPS_HEADER = 'x-portunus-hops';
export const DEADLINE_HEADER = 'x-portunus-deadline-ms';

const MAX_HOPS = 2;
const COUNT = /^\d$/;
const MILLISECONDS = /^\d{1,9}$/;

/** Hop count of the header; 0 without it. An invalid value counts as the maximum. */
export function parseHops(header: string | undefined): number {
  if (header === undefined) return 0;
  return COUNT.test(header) ? Number(header) : MAX_HOPS;
}

/** Remaining time stated by the caller. It can shorten the deadline, never extend it. */
export const parseDeadlineHeader = (header: string | undefined): number =>
  header !== undefined && MILLISECONDS.test(header) ? Number(header) : Infinity;

/**
 * Headers for an outbound call that may reach another gateway.
 * @throws {AppError} `loop` before the call is made
 */
export function hopHeaders(call: {
  readonly hops: number;
  readonly deadline: Deadline;
}): Record<string, string> {
  if (call.hops >= MAX_HOPS) throw new AppError('loop');
  return {
    [HOPS_HEADER]: String(call.hops + 1),
    [DEADLINE_HEADER]: String(Math.floor(call.deadline.remainingMs())),
  };
}
