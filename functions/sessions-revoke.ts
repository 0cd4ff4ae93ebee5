// DELETE /sessions/{session_id} — one program is signed out, within 60 seconds everywhere.
import { SessionPath } from '#shared/auth/api.ts';
import { sessionControl } from '#shared/composition/sessions.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('sessions-revoke', {
  input: { path: SessionPath },
  action: 'session.revoked',
  category: 'authentication',

  async run({ input: { path }, principal }) {
    return {
      body: {
        success: true,
        message: 'The session is revoked. Its tokens are rejected within 60 seconds.',
        session_id: path.session_id,
      },
      writes: sessionControl().end(principal, path.session_id),
      target: path.session_id,
    };
  },
});
