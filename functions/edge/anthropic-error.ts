// Errors in the shape that Anthropic's clients expect, with our code and the next step.
import type { AppError } from '#shared/core/errors.ts';

import { openaiError, openaiHeaders } from './openai-error.ts';

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

const anthropicErrorType = ({ status }: AppError): string =>
  TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');

export function anthropicError(error: AppError, requestId: string) {
  const { type: _type, request_id, portunus_code: _ours, ...fields } = openaiError(error, requestId).error;
  return {
    type: 'error',
    error: { type: anthropicErrorType(error), ...fields, code: error.code },
    request_id,
  };
}

export const anthropicHeaders = (error: AppError, requestId: string): Record<string, string> => ({
  ...openaiHeaders(error, requestId),
  'request-id': requestId,
});
