import { noticeTable } from '#shared/aws/notice-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createNotices } from '#shared/notices/notice.ts';

import { audit } from './audit.ts';

/** Needs `notices:raise` and `audit:write`; to mark as read, `notices:mark`. */
export const notices = lazy(() =>
  createNotices({
    store: noticeTable(env('CONTENT_TABLE')),
    record: ({ kind, subject, severity }, uid, reqId) =>
      audit().record({
        uid,
        category: 'system',
        act: 'notice.raised',
        result: 'succeeded',
        reqId,
        target: subject,
        meta: { reason: kind, severity },
      }),
    now: Date.now,
  }),
);
