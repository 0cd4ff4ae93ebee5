// Notices to owners.
import * as z from 'zod';

import type { OwnerId } from '#shared/core/ids.ts';
import { formatCursor, parseCursor } from '#shared/core/page.ts';
import type { Write } from '#shared/core/write.ts';

import type { NoticeQuery } from './api.ts';

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
  'upstream_recovered',
] as const;
const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** Stored notice. `id` is derived from `kind` and subject, so raising it again has no effect. */
export const Notice = z.object({
  id: z.string(),
  kind: z.enum(NOTICE_KINDS),
  severity: z.enum(SEVERITIES),
  /** Subject of the notice: a key id, a request id. Never a secret. */
  subject: z.string(),
  text: z.string(),
  next_step: z.string().optional(),
  url: z.string().optional(),
  created_at: z.iso.datetime(),
  read_at: z.iso.datetime().optional(),
});
export type Notice = z.infer<typeof Notice>;

export type NoticePage = {
  readonly notices: readonly (Omit<Notice, 'read_at'> & { readonly read_at: string | null })[];
  readonly pagination: { readonly limit: number; readonly next_cursor: string | null };
};

export type NoticeDraft = Pick<Notice, 'kind' | 'severity' | 'subject' | 'text' | 'next_step' | 'url'> & {
  readonly ownerId: OwnerId;
  /** Raised at most once for each value: `30d`, a version, a day. */
  readonly dedupeKey: string;
};

/** Port. */
export type NoticeStore = {
  /** Idempotent: raising a notice again, also after it was read, does not change it. Unconditional. */
  readonly raise: (ownerId: OwnerId, notice: Notice) => Write;
  /** Rejected with `conflict` if the notice exists. */
  readonly raiseOnce: (ownerId: OwnerId, notice: Notice) => Write;
  /** Keeps the first time. Rejected with `not_found` if the owner has no such notice. */
  readonly markRead: (ownerId: OwnerId, id: string, at: string) => Write;
};

/** Port. Newest first. `after` and `next` are opaque positions, validated by the driver. */
export type NoticeList = {
  readonly page: (
    ownerId: OwnerId,
    filter: { unread: boolean },
    page: { limit: number; after?: string | undefined },
  ) => Promise<{ notices: Notice[]; next?: string }>;
};

export type Notices = {
  /** Writes of the notice and of the record that publishes it, to be committed with the change they report. */
  readonly raise: (draft: NoticeDraft, requestId: string) => readonly Write[];
  /**
   * Variant for callers without another change to commit: a repeated commit is rejected with `conflict`, so that
   * nothing is published twice.
   */
  readonly raiseOnce: (draft: NoticeDraft, requestId: string) => readonly Write[];
  readonly markRead: (ownerId: OwnerId, id: string) => Write;
};

/** @param ports.record creates the `notice.raised` audit record of a notice */
export function createNotices(ports: {
  store: NoticeStore;
  record: (notice: Notice, ownerId: OwnerId, requestId: string) => Write;
  now: () => number;
}): Notices {
  const { store, record, now } = ports;
  const timestamp = () => new Date(now()).toISOString();

  const raising =
    (write: NoticeStore['raise']): Notices['raise'] =>
    ({ ownerId, dedupeKey, ...draft }, requestId) => {
      const id = `${draft.kind}~${draft.subject}~${dedupeKey}`.replaceAll(/[^\w.~-]/g, '-');
      const notice: Notice = { ...draft, id, created_at: timestamp() };
      return [write(ownerId, notice), record(notice, ownerId, requestId)];
    };

  return {
    raise: raising(store.raise),
    raiseOnce: raising(store.raiseOnce),
    markRead: (ownerId, id) => store.markRead(ownerId, id, timestamp()),
  };
}

/** An owner's own notices. */
export async function readNotices(
  list: NoticeList,
  ownerId: OwnerId,
  query: NoticeQuery,
): Promise<NoticePage> {
  const { limit, cursor, unread } = query;
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const { notices, next } = await list.page(ownerId, { unread }, { limit, after });
  return {
    notices: notices.map((notice) => ({ ...notice, read_at: notice.read_at ?? null })),
    pagination: { limit, next_cursor: next === undefined ? null : formatCursor(next) },
  };
}
