// What an owner is told without having asked: a small capability that others use.
import * as z from 'zod';

import type { Uid } from '#shared/core/ids.ts';
import { cursorOf, placeOf } from '#shared/core/page.ts';
import type { Write } from '#shared/core/write.ts';

import type { NoticePage, NoticeQuery } from './api.ts';

const NOTICE_KINDS = [
  'key_expiring',
  'key_expired',
  'key_invalid',
  'key_renewed',
  'renewal_failed',
  'key_stored_by_admin',
  'budget_warning',
  'incident',
  'tool_differs',
  'tool_quarantined',
] as const;
const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** One notice as it is stored. `id` is derived from `kind` and what it is about: raising it again changes nothing. */
export const Notice = z.object({
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  severity: z.enum(SEVERITIES),
  /** What it is about: a key id, a request id. Never a secret. */
  subject: z.string(),
  text: z.string(),
  next_step: z.string().optional(),
  url: z.string().optional(),
  created_at: z.iso.datetime(),
  read_at: z.iso.datetime().optional(),
});
export type Notice = z.infer<typeof Notice>;

export type NoticeDraft = Pick<Notice, 'kind' | 'severity' | 'subject' | 'text' | 'next_step' | 'url'> & {
  readonly uid: Uid;
  /** Raised at most once for each value: `30d`, a version, a day. */
  readonly once: string;
};

/** Port. */
export type NoticeStore = {
  /** Keeps what is there: neither raising twice nor raising after it was read shows it again. No condition to fail. */
  readonly raise: (uid: Uid, notice: Notice) => Write;
  /** Refused with `conflict` when it was raised before. */
  readonly raiseOnce: (uid: Uid, notice: Notice) => Write;
  /** Keeps the first time. Refused with `not_found` when the owner has no such notice. */
  readonly markRead: (uid: Uid, id: string, at: string) => Write;
};

/** Port. Newest first. `after` and `next` are places: opaque here, checked by the driver. */
export type NoticeList = {
  readonly page: (
    uid: Uid,
    filter: { unread: boolean },
    page: { limit: number; after?: string | undefined },
  ) => Promise<{ notices: Notice[]; next?: string }>;
};

export type Notices = {
  /** The notice and the record that puts it on the bus: to be committed with the change they tell of. */
  readonly raise: (draft: NoticeDraft, reqId: string) => readonly Write[];
  /**
   * The same for those who have nothing else to change: committed a second time they are refused with `conflict`, so that
   * nothing is put on the bus twice.
   */
  readonly raiseOnce: (draft: NoticeDraft, reqId: string) => readonly Write[];
  readonly markRead: (uid: Uid, id: string) => Write;
};

/** @param ports.record makes the `notice.raised` audit record of a notice */
export function createNotices(ports: {
  store: NoticeStore;
  record: (notice: Notice, uid: Uid, reqId: string) => Write;
  now: () => number;
}): Notices {
  const { store, record, now } = ports;
  const timestamp = () => new Date(now()).toISOString();

  const raising =
    (write: NoticeStore['raise']): Notices['raise'] =>
    ({ uid, once, ...draft }, reqId) => {
      const id = `${draft.kind}~${draft.subject}~${once}`.replaceAll(/[^\w.~-]/g, '-');
      const notice: Notice = { ...draft, id, created_at: timestamp() };
      return [write(uid, notice), record(notice, uid, reqId)];
    };

  return {
    raise: raising(store.raise),
    raiseOnce: raising(store.raiseOnce),
    markRead: (uid, id) => store.markRead(uid, id, timestamp()),
  };
}

/** An owner's own notices. */
export async function readNotices(list: NoticeList, uid: Uid, query: NoticeQuery): Promise<NoticePage> {
  const { limit, cursor, unread } = query;
  const after = cursor === undefined ? undefined : placeOf(cursor);
  const { notices, next } = await list.page(uid, { unread }, { limit, after });
  return {
    notices: notices.map((notice) => ({ ...notice, read_at: notice.read_at ?? null })),
    pagination: { limit, next_cursor: next === undefined ? null : cursorOf(next) },
  };
}
