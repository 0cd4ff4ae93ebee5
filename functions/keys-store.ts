// POST /api-keys — ask the provider, seal and store a key for the caller.
import { depositKey } from '#shared/composition/key-values.ts';
import { StoreKeyBody } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { outcomeIn } from './edge/key-response.ts';

export const handler = writeRoute('keys-store', {
  input: { body: StoreKeyBody },
  action: 'key.stored',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { body }, principal, ...call }) {
    const { summary, writes, message, onBehalf } = await depositKey()(principal, body, call);
    return {
      status: 201,
      body: { success: true, message, ...summary },
      writes,
      ...(onBehalf && { owner: onBehalf }),
      target: summary.key_id,
      meta: {
        provider: summary.provider,
        ...outcomeIn(summary),
        ...(onBehalf && { on_behalf: onBehalf }),
      },
    };
  },
});
