// DELETE /api-keys/{key_id} — remove a key: its row and with it its wrapped data key.
import { AppError } from '#shared/core/errors.ts';
import { parseKeyId } from '#shared/core/ids.ts';
import { keyStore } from '#shared/composition/keys.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('keys-delete', {
  input: { path: KeyPath },
  action: 'key.deleted',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { path }, principal }) {
    const id = parseKeyId(path.key_id);
    if (!id) throw new AppError('not_found', 'Key not found.');
    return {
      body: {
        success: true,
        message: 'The key was deleted from this service. Revoke it at its provider as well.',
        key_id: path.key_id,
      },
      writes: [keyStore().remove({ ownerId: principal.ownerId, ...id })],
      target: path.key_id,
      meta: { provider: id.provider },
    };
  },
});
