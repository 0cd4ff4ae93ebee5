// Errors in the shape that OpenAI's clients expect, with our code, the provider's own words and the next step.
import { type AppError, ERRORS } from '#shared/core/errors.ts';

import type { APIGatewayProxyResult } from 'aws-lambda';

import { problemHeaders } from './response.ts';

/** Codes that no repetition changes: there is no quota or money left. */
const NOTHING_LEFT = new Set(['quota_exceeded', 'budget_exceeded']);

const hasNothingLeft = ({ code, details }: AppError): boolean =>
  NOTHING_LEFT.has(code) || details['client_code'] === 'insufficient_quota';

function openaiErrorType(error: AppError): string {
  const { status } = error;
  if (hasNothingLeft(error)) return 'insufficient_quota';
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The first field at fault, as the caller wrote it. */
const paramOf = ({ details }: AppError): string | null =>
  details.issues?.[0]?.path.replace(/^(?:parameters|body)\./, '') ||
  textIn(details['provider_param']) ||
  null;

/** The provider's own words, marked as such: they are no instruction of this gateway. */
function providerWords({ details }: AppError): string {
  const words = textIn(details['provider_message']);
  return words === undefined ? '' : ` The provider's message: "${words}"`;
}

/** Name of an error detail, and its name in the response. */
const DETAIL_NAMES: Readonly<Record<string, string>> = {
  url: 'url',
  provider: 'provider',
  provider_message: 'provider_message',
  upstream_code: 'provider_code',
  upstream_status: 'provider_status',
};

/** Clients branch on the provider's code where it has one of theirs. Ours stands beside it. */
export function openaiError(error: AppError, requestId: string) {
  const { code, message, details } = error;
  const [issue] = details.issues ?? [];
  const next_step = details.next_step ?? ERRORS[code][2];
  const said = issue ? `${message} ${paramOf(error) ?? ''}: ${issue.message}.` : message;
  const present = Object.entries(DETAIL_NAMES).filter(([name]) => details[name] !== undefined);
  return {
    error: {
      message: `${said}${providerWords(error)} ${next_step}`,
      type: openaiErrorType(error),
      code: textIn(details['client_code']) ?? code,
      param: paramOf(error),
      portunus_code: code,
      next_step,
      ...Object.fromEntries(present.map(([name, as]) => [as, details[name]])),
      request_id: requestId,
    },
  };
}

export const openaiHeaders = (error: AppError, requestId: string): Record<string, string> => ({
  ...problemHeaders(error),
  'content-type': 'application/json; charset=utf-8',
  'x-request-id': requestId,
  // These clients repeat a 409 and a 429 unasked. Here a 409 means that the key needs attention.
  ...(((error.status === 409 && error.code !== 'idempotency_in_flight') || hasNothingLeft(error)) && {
    'x-should-retry': 'false',
  }),
});

/** Error response of a buffered route. */
export const openaiProblem = (error: AppError, requestId: string): APIGatewayProxyResult => ({
  statusCode: error.status,
  headers: openaiHeaders(error, requestId),
  body: JSON.stringify(openaiError(error, requestId)),
});
