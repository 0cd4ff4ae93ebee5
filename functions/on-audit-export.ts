// Each hour: the segments of the complete hours → files for auditors, and the time to live of the exported rows.
import { exportAudit } from '#shared/composition/audit-archive.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(({ remainingMs }) => exportAudit(remainingMs)());
