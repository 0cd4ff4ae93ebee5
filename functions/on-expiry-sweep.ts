// Once a day: notifies the owners of keys that expire soon or have expired.
import { sweepExpiry } from '#shared/composition/jobs.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(async ({ nowMs, reqId, onFailure }) => {
  const result = await sweepExpiry()({ nowMs, reqId, onFailure });
  return { counts: result, failed: result.failed };
});
