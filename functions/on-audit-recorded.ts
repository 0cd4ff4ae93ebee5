// Every new audit record → the owner's usage counters of that day.
import { AuditedEvent } from '#shared/audit/usage.ts';
import { usage } from '#shared/services/usage.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(AuditedEvent, (event) => usage()(event));
