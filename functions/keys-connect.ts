// POST /api-keys/oauth — seal and store a credential that renews itself.
import { connectKey } from '#shared/composition/key-values.ts';
import { ConnectKeyBody } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { outcomeIn } from './edge/key-response.ts';

export const handler = writeRoute('keys-connect', {
  input: { body: ConnectKeyBody },
  action: 'key.stored',
  category: 'user_action',
  invalidates: ['keys'],

  async run({ input: { body }, principal, ...call }) {
    const { summary, writes, message } = await connectKey()(principal, body, call);
    return {
      status: 201,
      body: { success: true, message, ...summary },
      writes,
      target: summary.key_id,
      meta: { provider: summary.provider, ...outcomeIn(summary) },
    };
  },
});
