// POST /sessions/revoke-all — the caller is signed out everywhere, here too.
import { endAllSessions } from '#shared/services/sessions.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('sessions-revoke-all', {
  action: 'sessions.revoked',
  category: 'authentication',

  run: async ({ principal }) => ({
    body: {
      success: true,
      message: 'You are signed out everywhere. Tokens issued until now are refused within 60 seconds.',
    },
    writes: [endAllSessions(principal.uid)],
    target: 'all',
  }),
});
