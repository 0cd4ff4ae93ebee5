// Idempotency as HTTP knows it: the header that names a request, and the one that says it was answered before.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

import type { Principal } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { IdempotencyKey, type Kept, NO_TURN, type OpenTurn, type Turn } from '#shared/idempotency/turn.ts';

import { headerValues } from './headers.ts';
import type { CallerRouteName } from './request.ts';
import { reply } from './buffered-handler.ts';

const HEADER = 'idempotency-key';

/** @throws {AppError} `invalid_input` for a header that is there and no key, or there twice */
export function keyIn(event: APIGatewayProxyEvent): string | undefined {
  const given = headerValues(event, HEADER);
  if (given.length === 0) return undefined;
  const key = IdempotencyKey.safeParse(given[0]);
  if (given.length === 1 && key.success) return key.data;
  throw new AppError('invalid_input', 'The Idempotency-Key is not valid.', {
    issues: [{ path: 'header.Idempotency-Key', message: 'must be one of 1 to 255 printable characters' }],
  });
}

/**
 * Of a route that changes something. It is the same request when path, query and body are.
 * @throws {AppError} `idempotency_in_flight`, `idempotency_mismatch`
 */
export async function turnOf(
  open: OpenTurn | undefined,
  { name, requestId }: { name: CallerRouteName; requestId: string },
  call: { principal: Principal; deadline: Deadline; key: string | undefined; given: unknown },
): Promise<Turn> {
  const { key } = call;
  if (key === undefined || !open) return NO_TURN;
  return open({
    uid: call.principal.uid,
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

/** A reply that a route kept. */
export const replayed = ({ status, body }: Kept): APIGatewayProxyResult =>
  marked(reply(Number(status), body));
