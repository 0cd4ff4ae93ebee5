import { Logger } from '@aws-lambda-powertools/logger';

import { type AppError, framesOf, MalformedAnswer } from '#shared/core/errors.ts';

/** JSON lines with the correlation id. No body, foreign message or cause is ever handed to it. */
export const logger = new Logger();

/** A class name tells an outage from a bug; the message would tell what the caller sent. */
export const errorName = (error: unknown) => (error instanceof Error ? error.name : typeof error);

/** A rejection is news, a failure is an alarm. */
export function logError(error: AppError, thrown: unknown, requestId: string): void {
  if (error.status < 500) {
    logger.info('request rejected', { code: error.code, requestId });
    return;
  }
  logger.error('request failed', {
    code: error.code,
    requestId,
    name: errorName(thrown),
    frames: framesOf(thrown),
    ...(error instanceof MalformedAnswer && { sample: error.sample }),
  });
}
