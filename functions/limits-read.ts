// GET /limits — how often which role may call, as it is in force.
import { showLimits } from '#shared/composition/limits.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('limits-read', {
  action: 'limits.read',
  category: 'user_action',

  async run() {
    const body = await showLimits()();
    return { body, target: 'limits', meta: { version: body.version } };
  },
});
