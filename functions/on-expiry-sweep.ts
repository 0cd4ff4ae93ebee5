// Once a day: notifies the owners of keys that expire soon or have expired.
import { sweepExpiry } from '#shared/composition/jobs.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(async ({ nowMs, requestId, onFailure }) => {
  const result = await sweepExpiry()({ nowMs, requestId, onFailure });
  return { counts: result, failed: result.failed };
});
