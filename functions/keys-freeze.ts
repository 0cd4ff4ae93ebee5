// POST /api-keys/{key_id}/freeze — put a key out of use, everywhere, on the very next call.
import { keyChanges } from '#shared/composition/keys.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = writeRoute('keys-freeze', {
  input: { path: KeyPath },
  action: 'key.frozen',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { path }, principal }) {
    const changed = await keyChanges().freeze(principal.ownerId, path.key_id);
    return keyAnswer(changed, 'The key is frozen: every use is rejected until you unfreeze it.');
  },
});
