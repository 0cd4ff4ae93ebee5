// Each minute: new audit records → the log, with a signed checkpoint. Damage that was done before is reported.
import { sealAudit } from '#shared/composition/audit-archive.ts';

import { scheduled } from './edge/event.ts';

export const handler = scheduled(() => sealAudit()());
