// Every Decrypt under the vault's CMKs, as the key service itself logged it → a note for on-decrypt-reconciliation.
import { KeyOpened, noteOpening } from '#shared/services/decrypt-log.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(KeyOpened, noteOpening);
