// Idempotency in HTTP: the header with the key, and the one that marks a replayed response.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

import type { Principal } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import {
  IdempotencyKey,
  type StoredResponse,
  NOT_IDEMPOTENT,
  type BeginIdempotentRequest,
  type IdempotentRequest,
} from '#shared/idempotency/idempotent-request.ts';

import { headerValues } from './headers.ts';
import type { CallerRouteName } from './request.ts';
import { reply } from './buffered-handler.ts';

const HEADER = 'idempotency-key';

/** @throws {AppError} `invalid_input` for a header that is there and no key, or there twice */
export function idempotencyKeyIn(event: APIGatewayProxyEvent): string | undefined {
  const given = headerValues(event, HEADER);
  if (given.length === 0) return undefined;
  const key = IdempotencyKey.safeParse(given[0]);
  if (given.length === 1 && key.success) return key.data;
  throw new AppError('invalid_input', 'The Idempotency-Key is not valid.', {
    issues: [{ path: 'header.Idempotency-Key', message: 'must be one of 1 to 255 printable characters' }],
  });
}

/**
 * Begins a request of a route that changes something: the same one if path, query and body are equal.
 * @throws {AppError} `idempotency_in_flight`, `idempotency_mismatch`
 */
export async function beginRequest(
  begin: BeginIdempotentRequest | undefined,
  { name, requestId }: { name: CallerRouteName; requestId: string },
  call: { principal: Principal; deadline: Deadline; idempotencyKey: string | undefined; given: unknown },
): Promise<IdempotentRequest> {
  const { idempotencyKey: key } = call;
  if (key === undefined || !begin) return NOT_IDEMPOTENT;
  return begin({
    ownerId: call.principal.ownerId,
    operation: name,
    key,
    body: call.given,
    requestId,
    remainingMs: call.deadline.remainingMs,
  });
}

export const marked = (answer: APIGatewayProxyResult): APIGatewayProxyResult => ({
  ...answer,
  headers: { ...answer.headers, 'idempotency-replayed': 'true' },
});

/** A stored response of a route. */
export const replayed = ({ status, body }: StoredResponse): APIGatewayProxyResult =>
  marked(reply(Number(status), body));
