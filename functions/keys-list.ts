// GET /api-keys — the caller's keys: hints and states, never a key.
import * as z from 'zod';

import { keyStore } from '#shared/services/key-store.ts';
import { summaryOf } from '#shared/vault/stored-key.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('keys-list', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'keys.listed',
  category: 'user_action',

  async run({ principal }) {
    const keys = await keyStore().list(principal.uid);
    const now = Date.now();
    return { body: { keys: keys.map((key) => summaryOf(key, now)) }, meta: { count: keys.length } };
  },
});
