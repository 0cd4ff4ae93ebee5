// A changed or removed audit record → a record of that, a notice to its owner and a line to the operators.
import { ChangedRecord } from '#shared/audit/tampering.ts';
import { reportTampering } from '#shared/composition/jobs.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(ChangedRecord, (changed) => reportTampering()(changed));
