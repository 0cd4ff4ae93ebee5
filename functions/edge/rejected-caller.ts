// Log line and audit record of a caller that the authorizer rejects.
import { type AppError, asAppError } from '#shared/core/errors.ts';
import { recordRejectedCaller } from '#shared/composition/audit.ts';

import { logError, logger } from './log.ts';

export const noteFailure = logError;

/** A failure to record is logged; the caller is rejected all the same. */
export async function noteRejection(error: AppError, requestId: string, ownerId?: string): Promise<void> {
  logger.info('caller rejected', { reason: error.details['reason'], requestId });
  try {
    await recordRejectedCaller()(error, requestId, ownerId);
  } catch (failure) {
    logError(asAppError(failure), failure, requestId);
  }
}
