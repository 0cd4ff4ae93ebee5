// POST /api-keys/{key_id}/freeze — put a key out of use, everywhere, on the very next call.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { keyChanges } from '#shared/services/key-changes.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { route } from './edge/authenticated-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = route('keys-freeze', {
  input: z.object({ path: KeyPath }),
  action: 'key.frozen',
  category: 'user_action',
  once: openTurn,

  async run({ input: { path }, principal }) {
    const changed = await keyChanges().freeze(principal.uid, path.key_id);
    return keyAnswer(changed, 'The key is frozen: every use is refused until you unfreeze it.');
  },
});
