// Audit and notices in memory: drafts as the use cases wrote them, committed together with their changes.
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import { createNotices, type Notice } from '#shared/notices/notice.ts';

type Row =
  | { readonly kind: 'record'; readonly draft: AuditDraft }
  | { readonly kind: 'notice'; readonly notice: Notice };

/**
 * @param commitChanges commits all writes that are neither records nor notices. Default: drops them
 * @param now milliseconds, for notices
 */
export function createMemoryAudit(commitChanges: Commit = async () => undefined, now = () => 0) {
  const drafts: AuditDraft[] = [];
  const notices: Notice[] = [];
  const rows = new WeakMap<object, Row>();

  const writeOf = (row: Row): Write => {
    const item = {};
    rows.set(item, row);
    return { item, rejected: () => new AppError('conflict') };
  };

  const isRepeated = (row: Row) => row.kind === 'notice' && notices.some(({ id }) => id === row.notice.id);

  const commit: Commit = async (writes) => {
    const own = writes.flatMap(({ item }) => rows.get(item as object) ?? []);
    if (own.some(isRepeated)) throw new AppError('conflict');
    const others = writes.filter(({ item }) => !rows.has(item as object));
    if (others.length > 0) await commitChanges(others);
    for (const row of own) {
      if (row.kind === 'record') drafts.push(row.draft);
      else notices.push(row.notice);
    }
  };

  const audit: Audit = {
    record: (draft) => writeOf({ kind: 'record', draft }),
    commit: (draft, changes = []) => commit([...changes, writeOf({ kind: 'record', draft })]),
  };

  const raise = (_uid: string, notice: Notice): Write => writeOf({ kind: 'notice', notice });
  const port = createNotices({
    store: { raise, raiseOnce: raise, markRead: () => writeOf({ kind: 'record', draft: {} as never }) },
    record: ({ kind, subject }, ownerId, requestId) =>
      audit.record({
        ownerId,
        requestId,
        category: 'system',
        act: 'notice.raised',
        result: 'succeeded',
        target: subject,
        meta: { reason: kind },
      }),
    now,
  });

  const told = () => drafts.map(({ act, result, code }) => [act, result, code].filter(Boolean).join(' '));
  return { audit, notices: port, commit, drafts, raised: notices, told };
}
