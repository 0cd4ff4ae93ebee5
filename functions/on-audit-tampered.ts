// A changed or removed audit record → a record of that, a notice to its owner and a line to the operators. The time to live that an
// export sets is no such change.
import { ChangedRecord } from '#shared/audit/tampering.ts';
import { watchRecords } from '#shared/composition/audit-archive.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(ChangedRecord, (changed) => watchRecords()(changed));
