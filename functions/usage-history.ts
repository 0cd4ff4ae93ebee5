// GET /usage/history — what the caller's tool calls used, day by day.
import * as z from 'zod';

import { UsageHistoryQuery } from '#shared/audit/usage-api.ts';
import { ownUsageHistory } from '#shared/services/usage-history.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('usage-history', {
  input: z.object({ query: UsageHistoryQuery }),
  action: 'usage.history_read',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const body = await ownUsageHistory()(principal.uid, query);
    return { body, meta: { count: body.usage.length } };
  },
});
