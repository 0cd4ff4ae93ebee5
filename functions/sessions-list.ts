// GET /sessions — where the caller is signed in.
import { ownSessions } from '#shared/composition/sessions.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('sessions-list', {
  action: 'sessions.listed',
  category: 'user_action',

  async run({ principal }) {
    const sessions = await ownSessions()(principal);
    return { body: { sessions }, meta: { count: sessions.length } };
  },
});
