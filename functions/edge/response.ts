// Response headers and problem documents, the same for buffered and streamed responses.
import { envIfSet } from '#shared/core/env.ts';
import { type AppError, ERRORS } from '#shared/core/errors.ts';
import { problemDetail } from '#shared/core/issues.ts';
import { lazy } from '#shared/core/lazy.ts';

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  vary: 'Authorization, Origin',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
} as const;

/** The one page that may read our answers. A browser compares it with its own address: all others read nothing. */
export const webOrigin = lazy(() => envIfSet('WEB_ORIGIN'));

const EXPOSED =
  'Idempotency-Replayed, Retry-After, WWW-Authenticate, x-portunus-dropped, x-portunus-mode, x-request-id';

/** On every answer, errors too. */
export const commonHeaders = lazy((): Readonly<Record<string, string>> => {
  const origin = webOrigin();
  if (origin === undefined) return SECURITY_HEADERS;
  return {
    ...SECURITY_HEADERS,
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED,
  };
});

/** Lambda's 6 MB limit of a buffered response, without room for headers and the members beside the main one. */
const MAX_BODY_BYTES = 6 * 1024 * 1024 - 64 * 1024;

/** Whether a buffered response can carry it: its JSON text is a string of the JSON document that Lambda returns. */
export const fitsBuffered = (value: unknown): boolean =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(value))) <= MAX_BODY_BYTES;

/** RFC 9457, with what a person or a program needs to go on. Never a value that came in. */
export function toProblem(error: AppError, requestId: string) {
  const [status, title, nextStep] = ERRORS[error.code];
  return {
    type: 'about:blank',
    title,
    status,
    code: error.code,
    detail: problemDetail(error),
    next_step: nextStep,
    ...error.details,
    request_id: requestId,
  };
}

export function problemHeaders(error: AppError): Record<string, string> {
  const seconds = error.details['retry_after_seconds'];
  const wait = typeof seconds === 'number' ? seconds : error.status === 503 ? 5 : undefined;
  return {
    ...commonHeaders(),
    'content-type': 'application/problem+json; charset=utf-8',
    ...(wait !== undefined && { 'retry-after': String(wait) }),
  };
}
