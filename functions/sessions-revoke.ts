// DELETE /sessions/{session_id} — one program is signed out, within 60 seconds everywhere.
import * as z from 'zod';

import { SessionPath } from '#shared/auth/api.ts';
import { openTurn } from '#shared/services/idempotency.ts';
import { endSession } from '#shared/services/sessions.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('sessions-revoke', {
  input: z.object({ path: SessionPath }),
  action: 'session.revoked',
  category: 'authentication',
  once: openTurn,

  async run({ input: { path }, principal }) {
    return {
      body: {
        success: true,
        message: 'The session is ended. Its tokens are refused within 60 seconds.',
        session_id: path.session_id,
      },
      writes: endSession(principal, path.session_id),
      target: path.session_id,
    };
  },
});
