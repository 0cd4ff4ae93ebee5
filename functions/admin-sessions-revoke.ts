// POST /admin/sessions/revoke — signs a user out everywhere: a lost device, a person who left.
import { RevokeUserBody } from '#shared/auth/api.ts';
import { sessionControl } from '#shared/composition/sessions.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('admin-sessions-revoke', {
  input: { body: RevokeUserBody },
  action: 'sessions.revoked',
  category: 'authentication',

  async run({ input: { body }, principal, requestId }) {
    const { ownerId, writes } = sessionControl().endAllOfUser(principal, body.user_id, requestId);
    return {
      body: {
        success: true,
        message: 'All sessions of the user are revoked. Their tokens are rejected within 60 seconds.',
        user_id: body.user_id,
      },
      writes,
      target: ownerId, // the subject may be an e-mail address
    };
  },
});
