import { NOBODY } from '#shared/audit/audit.ts';
import type { AppError } from '#shared/core/errors.ts';

import { audit } from './audit.ts';

/** Needs `audit:write`. A caller that was turned away at the door, with the class of the reason and nothing of the token. */
export function recordRefusal(error: AppError, reqId: string): Promise<void> {
  const { reason } = error.details;
  return audit().commit({
    uid: NOBODY,
    category: 'authentication',
    act: 'authentication.refused',
    result: 'refused',
    code: error.code,
    reqId,
    meta: { reason: typeof reason === 'string' ? reason : 'unknown' },
  });
}
