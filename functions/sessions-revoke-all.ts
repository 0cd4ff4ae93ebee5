// POST /sessions/revoke-all — the caller is signed out everywhere, here too.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { endAllSessions } from '#shared/services/sessions.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('sessions-revoke-all', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'sessions.revoked',
  category: 'authentication',
  once: openTurn,

  run: async ({ principal }) => ({
    body: {
      success: true,
      message: 'You are signed out everywhere. Tokens issued until now are refused within 60 seconds.',
    },
    writes: [endAllSessions(principal.uid)],
    target: 'all',
  }),
});
