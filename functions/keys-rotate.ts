// POST /api-keys/{key_id}/rotate — a new value for a key; the old one works a little longer.
import { rotateKey } from '#shared/composition/key-values.ts';
import { KeyPath, RotateKeyBody } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { keyAnswer, outcomeIn } from './edge/key-response.ts';

export const handler = writeRoute('keys-rotate', {
  input: { path: KeyPath, body: RotateKeyBody },
  action: 'key.rotated',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { path, body }, principal, ...call }) {
    const rotated = await rotateKey()(principal, { keyId: path.key_id, body }, call);
    const answer = keyAnswer(rotated, rotated.message);
    return { ...answer, meta: { ...answer.meta, ...outcomeIn(rotated.summary) } };
  },
});
