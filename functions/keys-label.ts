// PUT /api-keys/{key_id}/label — what its owner calls a key.
import { keyChanges } from '#shared/composition/keys.ts';
import { KeyPath, LabelKeyBody } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { keyAnswer } from './edge/key-response.ts';

export const handler = writeRoute('keys-label', {
  input: { path: KeyPath, body: LabelKeyBody },
  action: 'key.labelled',
  category: 'user_action',

  async run({ input: { path, body }, principal }) {
    const changed = await keyChanges().label(principal.ownerId, path.key_id, body.label);
    return keyAnswer(changed, body.label === null ? 'The label is removed.' : 'The key has its label.');
  },
});
