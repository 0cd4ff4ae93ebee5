// POST /sessions/revoke-all — the caller is signed out everywhere, here too.
import { sessionControl } from '#shared/composition/sessions.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('sessions-revoke-all', {
  action: 'sessions.revoked',
  category: 'authentication',

  run: async ({ principal }) => ({
    body: {
      success: true,
      message: 'All your sessions are revoked. Tokens issued until now are rejected within 60 seconds.',
    },
    writes: [sessionControl().endAll(principal.ownerId)],
    target: 'all',
  }),
});
