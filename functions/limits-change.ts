// PUT /limits — an admin sets how often which role may call.
import * as z from 'zod';

import { LimitsBody } from '#shared/limits/api.ts';
import { openTurn } from '#shared/services/idempotency.ts';
import { changeLimits } from '#shared/services/limits.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('limits-change', {
  input: z.object({ body: LimitsBody }),
  action: 'limits.changed',
  category: 'user_action',
  once: openTurn,

  async run({ input: { body }, principal }) {
    const { version, ...answer } = changeLimits(principal, body);
    return { ...answer, target: 'limits', meta: { version } };
  },
});
