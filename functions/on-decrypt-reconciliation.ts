// Once a day: did every opening of a key on the day before have a use that accounts for it?
import { reconcileDecryptsOfDay } from '#shared/services/decrypt-reconciliation.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(async ({ nowMs, reqId, onFailure }) => {
  const counts = await reconcileDecryptsOfDay({ nowMs, reqId, onFailure });
  // What nobody can be asked about is for those who run the stage: the dead-letter queue shows it to them.
  return { counts, failed: counts.failed + counts.unnamed };
});
