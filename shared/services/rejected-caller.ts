import { ANONYMOUS } from '#shared/audit/audit.ts';
import type { Refuse } from '#shared/audit/refusals.ts';
import type { AppError } from '#shared/core/errors.ts';

/** Records a rejected caller, with the class of the reason and nothing of the token. */
export const createRecordRejectedCaller =
  (refuse: Refuse) =>
  (error: AppError, requestId: string, ownerId: string = ANONYMOUS): Promise<void> => {
    const { reason = error.code } = error.details;
    return refuse({
      ownerId,
      category: 'authentication',
      act: 'authentication.refused',
      result: 'refused',
      code: error.code,
      requestId,
      meta: { reason: typeof reason === 'string' ? reason : 'unknown' },
    });
  };
