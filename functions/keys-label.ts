// PUT /api-keys/{key_id}/label — what its owner calls a key.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { keyChanges } from '#shared/services/key-changes.ts';
import { KeyPath, LabelKeyBody } from '#shared/vault/api.ts';

import { route } from './edge/authenticated-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = route('keys-label', {
  input: z.object({ path: KeyPath, body: LabelKeyBody }),
  action: 'key.labelled',
  category: 'user_action',
  once: openTurn,

  async run({ input: { path, body }, principal }) {
    const changed = await keyChanges().label(principal.uid, path.key_id, body.label);
    return keyAnswer(changed, body.label === null ? 'The label is removed.' : 'The key has its label.');
  },
});
