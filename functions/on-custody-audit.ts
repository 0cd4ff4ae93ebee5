// Once a day: did every opening of a key on the day before have a use that accounts for it?
import { auditCustody } from '#shared/services/custody-audit.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(async ({ nowMs, reqId, onFailure }) => {
  const counts = await auditCustody({ nowMs, reqId, onFailure });
  // What nobody can be asked about is for those who run the stage: the dead-letter queue shows it to them.
  return { counts, failed: counts.failed + counts.unnamed };
});
