// GET /preferences — what the caller prefers.
import { ownPreferences } from '#shared/composition/account.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('preferences-read', {
  action: 'preferences.read',
  category: 'user_action',

  async run({ principal }) {
    return { body: await ownPreferences()(principal) };
  },
});
