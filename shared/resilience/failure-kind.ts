// The meaning of an error for the circuit breaker of its upstream.
import { AppError } from '#shared/core/errors.ts';

/** `failed`: the upstream is at fault. `answered`: it works, and rejected the request. `unsent`: it says nothing of the upstream. */
export type AnswerKind = 'failed' | 'answered' | 'unsent';

/** A shorter time was the caller's choice. */
const MIN_TIMEOUT_MS = 5000;

const ANSWERED =
  /^(?:key_rejected|upstream_refused|upstream_forbidden|model_not_found|rate_limited|tool_failed|tool_changed)$/;

/** @param elapsedMs since the request was sent */
export function answerOf(error: unknown, elapsedMs: number): AnswerKind {
  if (!(error instanceof AppError)) return 'unsent';
  const { code, details } = error;
  if (ANSWERED.test(code)) return 'answered';
  const { upstream_status: status } = details;
  const isFailure =
    code === 'upstream_unreachable' ||
    (code === 'upstream_timeout' && elapsedMs >= MIN_TIMEOUT_MS) ||
    (code === 'upstream_failed' && typeof status === 'number' && status >= 500);
  return isFailure ? 'failed' : 'unsent';
}
