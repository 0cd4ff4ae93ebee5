// POST /api-keys — ask the provider, seal and store a key for the caller.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { depositKey } from '#shared/services/key-deposit.ts';
import { StoreKeyBody } from '#shared/vault/api.ts';

import { route } from './edge/authenticated-route.ts';
import { outcomeIn } from './edge/key-response.ts';

export const handler = route('keys-store', {
  input: z.object({ body: StoreKeyBody }),
  action: 'key.stored',
  category: 'user_action',
  once: openTurn,

  async run({ input: { body }, principal, ...call }) {
    const { summary, writes, message, onBehalf } = await depositKey(principal, body, call);
    return {
      status: 201,
      body: { success: true, message, ...summary },
      writes,
      target: summary.key_id,
      meta: {
        provider: summary.provider,
        ...outcomeIn(summary),
        ...(onBehalf && { on_behalf: onBehalf }),
      },
    };
  },
});
