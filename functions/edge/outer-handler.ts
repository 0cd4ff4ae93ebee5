// Outermost handler of every route, buffered or streamed: adds the context of the invocation to the log, and turns each error that
// the route did not expect, above all of an unavailable audit table, into a response.
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
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

/** Middy rethrows the error of a handler whose response is undefined, as that of a stream is: the result is wrapped. */
type Wrapped<Result> = { readonly result: Result };

export async function withErrorResponse<Result>({
  event,
  context,
  run,
  fail,
}: Invocation<Result>): Promise<Result> {
  const handle = middy<APIGatewayProxyEvent, Wrapped<Result>>(async () => ({ result: await run() }))
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({
      onError: async (request) => {
        const { requestId } = request.event.requestContext;
        const error = asAppError(request.error);
        logError(error, request.error, requestId);
        request.response = { result: await fail(error, requestId) };
      },
    });
  const { result } = await handle(event, context);
  return result;
}
