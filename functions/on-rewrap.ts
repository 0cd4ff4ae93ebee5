// An operator's order to move stored keys to the current CMK. One run of many: see `done` in its report.
import { rewrapVault } from '#shared/composition/jobs.ts';
import { RewrapOrder } from '#shared/services/rewrap.ts';

import { operatorJob } from './edge/operator-job.ts';

export const handler = operatorJob(RewrapOrder, ({ to, dry_run: dryRun }, { requestId, deadline }) =>
  rewrapVault()(to, { requestId, dryRun, hasTime: () => deadline.remainingMs() > 0 }),
);
