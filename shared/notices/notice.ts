// What an owner is told without having asked: a small capability that others use.
import * as z from 'zod';

import type { Uid } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

export const NOTICE_KINDS = [
  'key_expiring',
  'key_expired',
  'key_invalid',
  'key_renewed',
  'renewal_failed',
  'incident',
] as const;
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

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
};

export type Notices = {
  /** The notice and the record that puts it on the bus: to be committed with the change they tell of. */
  readonly raise: (draft: NoticeDraft, reqId: string) => readonly Write[];
};

/** @param ports.record makes the `notice.raised` audit record of a notice */
export function createNotices(ports: {
  store: NoticeStore;
  record: (notice: Notice, uid: Uid, reqId: string) => Write;
  now: () => number;
}): Notices {
  return {
    raise({ uid, once, ...draft }, reqId) {
      const id = `${draft.kind}~${draft.subject}~${once}`.replaceAll(/[^\w.~-]/g, '-');
      const notice: Notice = { ...draft, id, created_at: new Date(ports.now()).toISOString() };
      return [ports.store.raise(uid, notice), ports.record(notice, uid, reqId)];
    },
  };
}
