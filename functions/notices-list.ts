// GET /notices — what the caller was told without having asked, newest first.
import * as z from 'zod';

import { NoticeQuery } from '#shared/notices/api.ts';
import { ownNotices } from '#shared/services/notice-list.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('notices-list', {
  input: z.object({ query: NoticeQuery }),
  action: 'notices.listed',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const body = await ownNotices(principal.uid, query);
    return { body, meta: { count: body.notices.length } };
  },
});
