import { ANONYMOUS, type Audit } from '#shared/audit/audit.ts';
import type { RecordRejection } from '#shared/audit/rejections.ts';
import type { AppError } from '#shared/core/errors.ts';

/** Records a rejected caller, with the class of the reason and nothing of the token. */
export const createRecordRejectedCaller =
  (recordRejection: RecordRejection) =>
  (error: AppError, requestId: string, ownerId: string = ANONYMOUS): Promise<void> => {
    const { reason = error.code } = error.details;
    return recordRejection({
      ownerId,
      category: 'authentication',
      act: 'authentication.refused',
      result: 'refused',
      code: error.code,
      requestId,
      meta: { reason: typeof reason === 'string' ? reason : 'unknown' },
    });
  };

/** Records a caller that could not be checked, because the gateway or its issuer failed: these count against the success rate. */
export const createRecordFailedCheck =
  (audit: Pick<Audit, 'commit'>) =>
  (error: AppError, requestId: string): Promise<void> =>
    audit.commit({
      ownerId: ANONYMOUS,
      category: 'authentication',
      act: 'authentication.failed',
      result: 'failed',
      code: error.code,
      requestId,
    });
