// Refusals in the shape that OpenAI's clients expect, with our code and the next step.
import { type AppError, ERRORS } from '#shared/core/errors.ts';

import { problemHeaders } from './reply.ts';

function typeOf({ status }: AppError): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** The first field at fault, as the caller wrote it. */
const paramOf = ({ details }: AppError): string | null =>
  details.issues?.[0]?.path.replace(/^(?:parameters|body)\./, '') || null;

export function openaiError(error: AppError, requestId: string) {
  const { code, message, details } = error;
  const [issue] = details.issues ?? [];
  const next_step = details.next_step ?? ERRORS[code][2];
  const said = issue ? `${message} ${paramOf(error) ?? ''}: ${issue.message}.` : message;
  return {
    error: {
      message: `${said} ${next_step}`,
      type: typeOf(error),
      code,
      param: paramOf(error),
      next_step,
      ...(details.url !== undefined && { url: details.url }),
      request_id: requestId,
    },
  };
}

export const openaiHeaders = (error: AppError, requestId: string): Record<string, string> => ({
  ...problemHeaders(error),
  'content-type': 'application/json; charset=utf-8',
  'x-request-id': requestId,
  // These clients repeat a 409 unasked; with us it means that somebody has to do something about the key.
  ...(error.status === 409 && { 'x-should-retry': 'false' }),
});
