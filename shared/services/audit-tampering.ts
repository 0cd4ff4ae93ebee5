import { type ChangedRecord, createTamperingReport } from '#shared/audit/tampering.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';
import { newUlid } from '#shared/core/ulid.ts';

import { audit } from './audit.ts';
import { notices } from './notices.ts';

const reqId = () => newUlid(Date.now());

const report = lazy(() => {
  return createTamperingReport({
    raiseOnce: (draft) => notices().raiseOnce(draft, reqId()),
    commit: (draft, changes) => audit().commit({ ...draft, reqId: reqId() }, changes),
  });
});

/** Needs `notices:raise` and `audit:write`. Reports the same change of a record once, however often its event is delivered. */
export async function reportTampering(changed: ChangedRecord): Promise<void> {
  try {
    await report()(changed);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  }
}
