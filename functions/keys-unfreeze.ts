// POST /api-keys/{key_id}/unfreeze — put a frozen key back into use.
import { keyChanges } from '#shared/composition/keys.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = writeRoute('keys-unfreeze', {
  input: { path: KeyPath },
  action: 'key.unfrozen',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { path }, principal }) {
    const changed = await keyChanges().unfreeze(principal.ownerId, path.key_id);
    return keyAnswer(changed, 'The key is no longer frozen.');
  },
});
