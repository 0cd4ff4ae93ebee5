// GET /notices — notices of the caller, newest first.
import { NoticeQuery } from '#shared/notices/api.ts';
import { ownNotices } from '#shared/composition/notices.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('notices-list', {
  input: { query: NoticeQuery },
  action: 'notices.listed',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const body = await ownNotices(principal.ownerId, query);
    return { body, meta: { count: body.notices.length } };
  },
});
