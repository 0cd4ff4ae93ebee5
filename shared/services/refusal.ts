import { ANONYMOUS } from '#shared/audit/audit.ts';
import type { AppError } from '#shared/core/errors.ts';

import { refuse } from './refuse.ts';

/** Needs `audit:write`. A caller that was turned away, with the class of the reason and nothing of the token. */
export function recordRefusal(error: AppError, reqId: string, uid: string = ANONYMOUS): Promise<void> {
  const { reason = error.code } = error.details;
  return refuse()({
    uid,
    category: 'authentication',
    act: 'authentication.refused',
    result: 'refused',
    code: error.code,
    reqId,
    meta: { reason: typeof reason === 'string' ? reason : 'unknown' },
  });
}
