// POST /admin/sessions/revoke — somebody is signed out everywhere: a lost device, a person who left.
import * as z from 'zod';

import { RevokeUserBody } from '#shared/auth/api.ts';
import { openTurn } from '#shared/services/idempotency.ts';
import { endSessionsOf } from '#shared/services/sessions.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('admin-sessions-revoke', {
  input: z.object({ body: RevokeUserBody }),
  action: 'sessions.revoked',
  category: 'authentication',
  once: openTurn,

  async run({ input: { body }, principal, requestId }) {
    const { uid, writes } = endSessionsOf(principal, body.user_id, requestId);
    return {
      body: {
        success: true,
        message: 'Whoever signed in by that name is signed out everywhere, within 60 seconds.',
        user_id: body.user_id,
      },
      writes,
      target: uid, // the subject may be an e-mail address
    };
  },
});
