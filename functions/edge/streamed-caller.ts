// Authenticates the caller of a streaming function. A rejection is recorded here: the request was not parsed yet.
import type { APIGatewayProxyEvent } from 'aws-lambda';

import type { RouteName } from '#functions/routes.ts';
import { NOBODY } from '#shared/audit/audit.ts';
import { type Principal, principalFrom, requireScope } from '#shared/auth/principal.ts';
import { asAppError, resultOf } from '#shared/core/errors.ts';
import { recordRefusal } from '#shared/services/refusal.ts';
import { admitSession } from '#shared/services/session-check.ts';

import { checkToken } from './headers.ts';
import { rowOf } from './request.ts';

/** @throws {AppError} `unauthenticated`, `insufficient_scope` */
export async function streamedCaller(
  name: RouteName<'call'>,
  event: APIGatewayProxyEvent,
): Promise<Principal> {
  const { requestId, authorizer } = event.requestContext;
  const row = rowOf(name);
  let uid: string = NOBODY;
  try {
    checkToken(event);
    const principal = principalFrom(authorizer, Date.now());
    ({ uid } = principal);
    await admitSession(principal, requestId);
    requireScope(principal, row.scope);
    return principal;
  } catch (thrown) {
    const error = asAppError(thrown);
    if (resultOf(error) === 'refused') await recordRefusal(error, requestId, uid);
    throw error;
  }
}
