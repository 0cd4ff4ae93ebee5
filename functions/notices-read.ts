// POST /notices/{id}/read — the caller has read it. A second time changes nothing.
import * as z from 'zod';

import { NoticePath } from '#shared/notices/api.ts';
import { openTurn } from '#shared/services/idempotency.ts';
import { notices } from '#shared/services/notices.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('notices-read', {
  input: z.object({ path: NoticePath }),
  action: 'notice.read',
  category: 'user_action',
  once: openTurn,

  async run({ input: { path }, principal }) {
    return {
      body: { success: true, message: 'The notice is marked as read.', id: path.id },
      writes: [notices().markRead(principal.uid, path.id)],
      target: path.id,
    };
  },
});
