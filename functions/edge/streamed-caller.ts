// Authenticates the caller of a streaming function. A rejection and a failure are recorded here: the request was not parsed yet.
import type { APIGatewayProxyEvent } from 'aws-lambda';

import type { RouteName } from '#functions/routes.ts';
import { ANONYMOUS } from '#shared/audit/audit.ts';
import type { Action } from '#shared/audit/record.ts';
import { type Principal, principalFrom, requireScope } from '#shared/auth/principal.ts';
import { type AppError, asAppError, recordedResult } from '#shared/core/errors.ts';
import { recordRejectedCaller, recordRejection } from '#shared/composition/audit.ts';
import { admitSession } from '#shared/composition/sessions.ts';

import { checkToken } from './headers.ts';
import { callerRouteRow } from './request.ts';

/** The record of a request that ends before its call path, which writes the records of calls. */
export type EarlyRecord = { readonly act: Action; readonly target?: string };

type Identified = EarlyRecord & { readonly ownerId: string; readonly requestId: string };

const recordEnd = ({ requestId, ...record }: Identified, error: AppError): Promise<void> =>
  recordRejection()({
    ...record,
    category: 'api_call',
    requestId,
    result: recordedResult(error),
    code: error.code,
  });

/** Does what comes before the call path of a known caller. Records its failure, then rethrows it. */
export async function recordingFailure<Done>(record: Identified, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work();
  } catch (thrown) {
    await recordEnd(record, asAppError(thrown));
    throw thrown;
  }
}

/** @throws {AppError} `unauthenticated`, `insufficient_scope` */
export async function streamedCaller(
  name: RouteName<'call'>,
  event: APIGatewayProxyEvent,
  record: EarlyRecord,
): Promise<Principal> {
  const { requestId, authorizer } = event.requestContext;
  const row = callerRouteRow(name);
  let ownerId: string = ANONYMOUS;
  try {
    checkToken(event);
    const principal = principalFrom(authorizer, Date.now());
    ({ ownerId } = principal);
    await admitSession(principal, requestId);
    requireScope(principal, row.scope);
    return principal;
  } catch (thrown) {
    const error = asAppError(thrown);
    if (recordedResult(error) === 'refused') await recordRejectedCaller()(error, requestId, ownerId);
    else await recordEnd({ ...record, ownerId, requestId }, error);
    throw thrown;
  }
}
