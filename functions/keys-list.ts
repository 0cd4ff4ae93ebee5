// GET /api-keys — the caller's keys: hints and states, never a key.
import { keyStore } from '#shared/composition/keys.ts';
import { toKeySummary } from '#shared/vault/stored-key.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('keys-list', {
  action: 'keys.listed',
  category: 'user_action',

  async run({ principal }) {
    const keys = await keyStore().list(principal.ownerId);
    const now = Date.now();
    return { body: { keys: keys.map((key) => toKeySummary(key, now)) }, meta: { count: keys.length } };
  },
});
