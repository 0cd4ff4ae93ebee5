// GET /api-keys/providers — the providers there are, and which of them the caller has keys for.
import * as z from 'zod';

import { listProviders } from '#shared/services/providers.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('keys-providers', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'providers.listed',
  category: 'user_action',

  async run({ principal }) {
    return { body: { providers: await listProviders(principal) } };
  },
});
