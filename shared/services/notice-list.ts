import { dynamo } from '#shared/aws/dynamo.ts';
import { noticeList } from '#shared/aws/notice-table.ts';
import { env } from '#shared/core/env.ts';
import type { Uid } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { NoticeQuery } from '#shared/notices/api.ts';
import type { NoticePage } from '#shared/notices/notice.ts';
import { readNotices } from '#shared/notices/notice.ts';

const list = lazy(() => noticeList(dynamo(), env('CONTENT_TABLE')));

/** Needs `notices:read`. */
export const ownNotices = (uid: Uid, query: NoticeQuery): Promise<NoticePage> =>
  readNotices(list(), uid, query);
