// POST /api-keys/{key_id}/rollback — back to the value before the last rotation, while that one is kept.
import { keyChanges } from '#shared/composition/keys.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = writeRoute('keys-rollback', {
  input: { path: KeyPath },
  action: 'key.rolled_back',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { path }, principal }) {
    const changed = await keyChanges().rollBack(principal.ownerId, path.key_id);
    return keyAnswer(changed, 'The key has its previous value again.');
  },
});
