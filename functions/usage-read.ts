// GET /usage — what the caller has used of this day's and this month's limits.
import * as z from 'zod';

import { ownUsage } from '#shared/services/own-usage.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('usage-read', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'usage.read',
  category: 'user_action',

  async run({ principal }) {
    return { body: await ownUsage(principal) };
  },
});
