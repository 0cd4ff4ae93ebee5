// Outermost handler of every route, buffered or streamed: adds the context of the invocation to the log, and turns each error that
// the route did not expect, above all of an unavailable audit table, into a response.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import { type AppError, asAppError } from '#shared/core/errors.ts';

import { logError, logger } from './log.ts';

type Invocation<Result> = {
  readonly event: APIGatewayProxyEvent;
  readonly context: Context;
  readonly run: () => Promise<Result>;
  /** The error in the format of the route. */
  readonly fail: (error: AppError, requestId: string) => Result | Promise<Result>;
};

export async function withErrorResponse<Result>({
  event,
  context,
  run,
  fail,
}: Invocation<Result>): Promise<Result> {
  const { requestId } = event.requestContext;
  logger.addContext(context);
  try {
    return await run();
  } catch (thrown) {
    const error = asAppError(thrown);
    logError(error, thrown, requestId);
    return fail(error, requestId);
  }
}
