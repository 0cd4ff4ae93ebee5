// The events that end a stream of the Responses API which cannot be completed.
import type { AppError } from '#shared/core/errors.ts';

import type { Sent } from './model-route.ts';
import { openaiError } from './openai-error.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * OpenAI's own order: an error, for clients that throw, then the failed response, for agents that read its code.
 * @param sent the pieces so far, the first of which holds the response as it began
 */
export function brokenResponse(
  problem: AppError,
  requestId: string,
  { first, count }: Sent,
): readonly Fields[] {
  const { error } = openaiError(problem, requestId);
  const { code, message, param } = error;
  const { response } = first as { response?: Fields };
  return [
    { type: 'error', sequence_number: count, code, message, param, error },
    {
      type: 'response.failed',
      sequence_number: count + 1,
      response: { ...response, status: 'failed', error: { code: failureCode(problem, code), message } },
    },
  ];
}

/** Codes of OpenAI's schema; agents branch on the provider's own where it has one of theirs. */
function failureCode({ status, details }: AppError, code: string): string {
  if (details['client_code'] !== undefined) return code;
  return status === 429 ? 'rate_limit_exceeded' : 'server_error';
}
