// Every new audit record → the owner's usage counters of that day.
import { AuditedEvent } from '#shared/audit/usage.ts';
import { projectUsage } from '#shared/composition/audit-trail.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(AuditedEvent, (event) => projectUsage()(event));
