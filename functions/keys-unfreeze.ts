// POST /api-keys/{key_id}/unfreeze — put a frozen key back into use.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { keyChanges } from '#shared/services/key-changes.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { route } from './edge/authenticated-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = route('keys-unfreeze', {
  input: z.object({ path: KeyPath }),
  action: 'key.unfrozen',
  category: 'user_action',
  once: openTurn,

  async run({ input: { path }, principal }) {
    const changed = await keyChanges().unfreeze(principal.uid, path.key_id);
    return keyAnswer(changed, 'The key is no longer frozen.');
  },
});
