// PUT /limits — an admin sets how often which role may call.
import { LimitsBody } from '#shared/limits/api.ts';
import { changeLimits } from '#shared/composition/limits.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('limits-change', {
  input: { body: LimitsBody },
  action: 'limits.changed',
  category: 'user_action',

  async run({ input: { body }, principal }) {
    const { version, ...answer } = changeLimits()(principal, body);
    return { ...answer, target: 'limits', meta: { version } };
  },
});
