// POST /notices/{id}/read — the caller has read it. A second time changes nothing.
import { NoticePath } from '#shared/notices/api.ts';
import { notices } from '#shared/composition/notices.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('notices-read', {
  input: { path: NoticePath },
  action: 'notice.read',
  category: 'user_action',

  async run({ input: { path }, principal }) {
    return {
      body: { success: true, message: 'Notice marked as read.', id: path.id },
      writes: [notices().markRead(principal.ownerId, path.id)],
      target: path.id,
    };
  },
});
