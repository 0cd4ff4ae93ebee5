// GET /sessions — where the caller is signed in.
import * as z from 'zod';

import { ownSessions } from '#shared/services/sessions.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('sessions-list', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'sessions.listed',
  category: 'user_action',

  async run({ principal }) {
    const sessions = await ownSessions(principal);
    return { body: { sessions }, meta: { count: sessions.length } };
  },
});
