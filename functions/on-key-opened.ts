// Every Decrypt under the vault's CMKs, as the key service itself logged it → a note for on-decrypt-reconciliation.
import { KeyOpened, noteDecryptEvent } from '#shared/composition/jobs.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(KeyOpened, noteDecryptEvent);
