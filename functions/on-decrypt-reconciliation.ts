// Once a day: checks that every opening of a key on the day before has a use that accounts for it.
import { reconcileDecryptsOfDay } from '#shared/composition/jobs.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(async ({ nowMs, requestId, onFailure }) => {
  const counts = await reconcileDecryptsOfDay()({ nowMs, requestId, onFailure });
  // Events that cannot be attributed to an owner fail the run: the dead-letter queue reports them to the operators.
  return { counts, failed: counts.failed + counts.unnamed };
});
