// Adapter of signed leak reports: a route without a caller, whose sender is proved by the signature of the body.
import type { APIGatewayProxyEvent } from 'aws-lambda';

import { type Route, routes } from '#functions/routes.ts';
import { recordRejectedCaller } from '#shared/composition/audit.ts';
import { AppError, asAppError } from '#shared/core/errors.ts';
import { KEY_ID_HEADER, SIGNATURE_HEADER } from '#shared/exposure/leak-report.ts';
import type { SignedReport } from '#shared/services/leak-reports.ts';

import { bufferedHandler, problem, reply } from './buffered-handler.ts';
import { headerValues } from './headers.ts';
import { logError } from './log.ts';
import { bodyText, checkNoQuery } from './request.ts';

function row(): Route {
  const found = routes.find(({ name }) => name === 'leak-reports');
  if (!found) throw new Error('There is no route for leak reports.');
  return found;
}

/** Undefined if the header is absent or repeated. */
function onlyHeader(event: APIGatewayProxyEvent, name: string): string | undefined {
  const [value, ...more] = headerValues(event, name);
  return more.length === 0 ? value : undefined;
}

/** The bytes of the body as they were sent: invalid UTF-8 was replaced by the gateway, and fails the signature. */
function signedBody(event: APIGatewayProxyEvent): Buffer {
  const text = bodyText(event, row());
  if (text === null) throw new AppError('invalid_input', 'The request has no body.');
  return event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64') : Buffer.from(text);
}

export const leakReportRoute = (receive: (report: SignedReport) => Promise<unknown>) =>
  bufferedHandler(async (event) => {
    const { requestId } = event.requestContext;
    try {
      checkNoQuery(event);
      const feedback = await receive({
        body: signedBody(event),
        keyId: onlyHeader(event, KEY_ID_HEADER),
        signature: onlyHeader(event, SIGNATURE_HEADER),
        requestId,
      });
      return reply(200, feedback);
    } catch (thrown) {
      const error = asAppError(thrown);
      logError(error, thrown, requestId);
      if (error.code === 'unauthenticated') await recordRejectedCaller()(error, requestId);
      return problem(error, requestId);
    }
  });
