// A changed or removed audit record → a record of that, a notice to its owner and a line to the operators.
import { ChangedRecord } from '#shared/audit/tampering.ts';
import { reportTampering } from '#shared/services/audit-tampering.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(ChangedRecord, reportTampering);
