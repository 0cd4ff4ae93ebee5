// GET /usage — what the caller has used of this day's and this month's limits.
import { ownUsage } from '#shared/composition/limits.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('usage-read', {
  action: 'usage.read',
  category: 'user_action',

  async run({ principal }) {
    return { body: await ownUsage()(principal) };
  },
});
