// GET /usage/history — what the caller's tool calls used, day by day.
import { UsageHistoryQuery } from '#shared/audit/usage-api.ts';
import { ownUsageHistory } from '#shared/composition/audit-trail.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('usage-history', {
  input: { query: UsageHistoryQuery },
  action: 'usage.history_read',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const body = await ownUsageHistory()(principal.ownerId, query);
    return { body, meta: { count: body.usage.length } };
  },
});
