// Every Decrypt under the vault's CMKs, as the key service itself logged it → a note for the second audit.
import { KeyOpened, noteOpening } from '#shared/services/custody-log.ts';

import { consumer } from './edge/event.ts';

export const handler = consumer(KeyOpened, noteOpening);
