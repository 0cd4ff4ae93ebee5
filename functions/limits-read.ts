// GET /limits — how often which role may call, as it is in force.
import * as z from 'zod';

import { showLimits } from '#shared/services/limits.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('limits-read', {
  input: z.object({}),
  action: 'limits.read',
  category: 'user_action',

  async run() {
    const body = await showLimits();
    return { body, target: 'limits', meta: { version: body.version } };
  },
});
