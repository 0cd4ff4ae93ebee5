import { dynamo } from '#shared/aws/dynamo.ts';
import { noticeList, noticeTable } from '#shared/aws/notice-table.ts';
import { env } from '#shared/core/env.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { NoticeQuery } from '#shared/notices/api.ts';
import { createNotices, type NoticePage, readNotices } from '#shared/notices/notice.ts';

import { audit } from './audit.ts';

/** Needs `notices:raise` and `audit:write`; to mark as read, `notices:mark`. */
export const notices = /* @__PURE__ */ lazy(() =>
  createNotices({
    store: noticeTable(env('CONTENT_TABLE')),
    record: ({ kind, subject, severity }, ownerId, requestId) =>
      audit().record({
        ownerId,
        category: 'system',
        act: 'notice.raised',
        result: 'succeeded',
        requestId,
        target: subject,
        meta: { reason: kind, severity },
      }),
    now: Date.now,
  }),
);

/** Needs `notices:read`. */
export const ownNotices = (ownerId: OwnerId, query: NoticeQuery): Promise<NoticePage> =>
  readNotices(noticeList(dynamo(), env('CONTENT_TABLE')), ownerId, query);
