// Log line and audit record of a caller that the authorizer rejects.
import { type AppError, asAppError } from '#shared/core/errors.ts';
import { recordFailedCheck, recordRejectedCaller } from '#shared/composition/audit.ts';

import { logError, logger } from './log.ts';

/** A failure to record is logged, too: the store may be the cause. */
export async function noteFailure(error: AppError, thrown: unknown, requestId: string): Promise<void> {
  logError(error, thrown, requestId);
  try {
    await recordFailedCheck()(error, requestId);
  } catch (failure) {
    logError(asAppError(failure), failure, requestId);
  }
}

/** A failure to record is logged; the caller is rejected all the same. */
export async function noteRejection(error: AppError, requestId: string, ownerId?: string): Promise<void> {
  logger.info('caller rejected', { reason: error.details['reason'], requestId });
  try {
    await recordRejectedCaller()(error, requestId, ownerId);
  } catch (failure) {
    logError(asAppError(failure), failure, requestId);
  }
}
