// Buffered routes, whose errors are problem documents.
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';

import type { AppError } from '#shared/core/errors.ts';

import { withErrorResponse } from './outer-handler.ts';
import { commonHeaders, problemHeaders, toProblem } from './response.ts';

export type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

export type Problem = (error: AppError, requestId: string) => APIGatewayProxyResult;

export const bufferedHandler =
  (handle: Handler, fail: Problem = problem): Handler =>
  (event, context) =>
    withErrorResponse({ event, context, fail, run: () => handle(event, context) });

export const problem = (error: AppError, requestId: string): APIGatewayProxyResult => ({
  statusCode: error.status,
  headers: problemHeaders(error),
  body: JSON.stringify(toProblem(error, requestId)),
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
