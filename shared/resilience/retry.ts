// Retries of calls to an upstream: full jitter, its Retry-After and the deadline of the caller.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';

const MAX_RETRIES = 2;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const JITTER_MS = 250;
/** Time that a retry needs to be worth it. */
const MIN_LEFT_MS = 1000;

/** Statuses after which the same request may succeed at once. 529: Anthropic is overloaded. */
const TRANSIENT = new Set<unknown>([500, 502, 503, 504, 529]);

/** Whether the upstream did not accept the request, or failed in a way that passes. Timeouts have used up the time already. */
function isTransient({ code, details }: AppError): boolean {
  if (code === 'upstream_failed') return TRANSIENT.has(details['upstream_status']);
  return code === 'upstream_unreachable' || (code === 'rate_limited' && 'retry_after_seconds' in details);
}

type Try = {
  readonly error: unknown;
  /** Retries made before. */
  readonly retries: number;
  readonly deadline: Pick<Deadline, 'remainingMs'>;
  readonly random: number;
};

/** @returns the pause before the next try; undefined if there is none */
export function retryPauseMs({ error, retries, deadline, random }: Try): number | undefined {
  if (retries >= MAX_RETRIES || !(error instanceof AppError) || !isTransient(error)) return undefined;
  const { retry_after_seconds: after } = error.details;
  const stated = typeof after === 'number' ? after * 1000 : undefined;
  if (stated !== undefined && stated > LONGEST_PAUSE_MS) return undefined;
  const pause =
    stated === undefined
      ? random * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** retries)
      : stated + random * JITTER_MS;
  return pause + MIN_LEFT_MS <= deadline.remainingMs() ? pause : undefined;
}
