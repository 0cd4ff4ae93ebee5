// PUT /api-keys/order — which of the caller's keys of one provider is used first.
import { ProviderId } from '#shared/core/ids.ts';
import { keyChanges } from '#shared/composition/keys.ts';
import { OrderKeysBody } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('keys-order', {
  input: { body: OrderKeysBody },
  action: 'keys.ordered',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { body }, principal }) {
    const { provider, key_ids } = body;
    const { writes } = await keyChanges().order(principal.ownerId, ProviderId.parse(provider), key_ids);
    return {
      body: { success: true, message: 'Key order stored.', provider, key_ids },
      writes,
      meta: { provider, count: key_ids.length },
    };
  },
});
