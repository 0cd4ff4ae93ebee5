// POST /api-keys — seal and store a provider key for the caller.
import * as z from 'zod';

import { depositKey } from '#shared/services/key-deposit.ts';
import { StoreKeyBody } from '#shared/vault/api.ts';

import { route } from './http.ts';

export const handler = route('keys-store', {
  input: z.object({ body: StoreKeyBody }),
  action: 'key.stored',
  category: 'user_action',

  async run({ input: { body }, principal }) {
    const { summary, write, facts, onBehalf } = await depositKey(principal, body);
    return {
      status: 201,
      body: { success: true, message: `Your ${facts.title} key is stored.`, ...summary },
      writes: [write],
      target: summary.key_id,
      meta: { provider: facts.id, ...(onBehalf && { on_behalf: onBehalf }) },
    };
  },
});
