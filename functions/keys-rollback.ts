// POST /api-keys/{key_id}/rollback — back to the value before the last rotation, while that one is kept.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { keyChanges } from '#shared/services/key-changes.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { route } from './edge/authenticated-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = route('keys-rollback', {
  input: z.object({ path: KeyPath }),
  action: 'key.rolled_back',
  category: 'user_action',
  once: openTurn,

  async run({ input: { path }, principal }) {
    const changed = await keyChanges().rollBack(principal.uid, path.key_id);
    return keyAnswer(changed, 'The key has its previous value again.');
  },
});
