// New audit records, in batches → their owners' usage counters of the day, and the metrics of the stage.
import { projectUsage } from '#shared/composition/audit-trail.ts';

import { auditStreamConsumer } from './edge/audit-stream.ts';
import { countOutcomes } from './edge/outcome-metrics.ts';

export const handler = auditStreamConsumer(async (events) => {
  const failed = await projectUsage()(events);
  countOutcomes(events);
  return failed;
});
