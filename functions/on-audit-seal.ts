// Each minute: new audit records → the log, with a signed checkpoint. Once an hour, with records that came late.
import { sealAudit } from '#shared/composition/audit-archive.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(({ nowMs }) =>
  sealAudit()({ reconcile: new Date(nowMs).getUTCMinutes() === 0 }),
);
