// Outermost handler of every buffered route: adds the correlation id and turns each error into a problem document.
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';

import { type AppError, asAppError } from '#shared/core/errors.ts';

import { logError, logger } from './log.ts';
import { commonHeaders, problemHeaders, problemOf } from './response.ts';

export type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

export type Problem = (error: AppError, requestId: string) => APIGatewayProxyResult;

/** Its error phase is for what even the route did not expect: our audit table being down, above all. */
export const bufferedHandler = (handle: Handler, shape: Problem = problem) =>
  middy(handle)
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({
      onError: (request) => {
        const { requestId } = request.event.requestContext;
        const error = asAppError(request.error);
        logError(error, request.error, requestId);
        request.response = shape(error, requestId);
      },
    });

export const problem = (error: AppError, requestId: string): APIGatewayProxyResult => ({
  statusCode: error.status,
  headers: problemHeaders(error),
  body: JSON.stringify(problemOf(error, requestId)),
});

export const reply = (
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyResult => ({
  statusCode,
  headers: { ...commonHeaders(), 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});
