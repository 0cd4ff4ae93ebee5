// PUT /api-keys/order — which of the caller's keys of one provider is used first.
import * as z from 'zod';

import { ProviderId } from '#shared/core/ids.ts';
import { openTurn } from '#shared/services/idempotency.ts';
import { keyChanges } from '#shared/services/key-changes.ts';
import { OrderKeysBody } from '#shared/vault/api.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('keys-order', {
  input: z.object({ body: OrderKeysBody }),
  action: 'keys.ordered',
  category: 'user_action',
  once: openTurn,

  async run({ input: { body }, principal }) {
    const { provider, key_ids } = body;
    const { writes } = await keyChanges().order(principal.uid, ProviderId.parse(provider), key_ids);
    return {
      body: { success: true, message: 'The keys are used in this order.', provider, key_ids },
      writes,
      meta: { provider, count: key_ids.length },
    };
  },
});
