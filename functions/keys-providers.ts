// GET /api-keys/providers — the providers there are, and which of them the caller has keys for.
import { listProviders } from '#shared/composition/keys.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('keys-providers', {
  action: 'providers.listed',
  category: 'user_action',

  async run({ principal }) {
    return { body: { providers: await listProviders()(principal) } };
  },
});
