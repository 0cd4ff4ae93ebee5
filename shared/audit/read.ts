import { AppError } from '#shared/core/errors.ts';
import { formatCursor, parseCursor } from '#shared/core/page.ts';

import type { AuditEntry, AuditPage, AuditQuery } from './api.ts';
import type { AuditRecord } from './record.ts';

export type AuditFilter = Pick<AuditQuery, 'from' | 'to' | 'category' | 'action' | 'result'>;

/** Port. Newest first. `place` is the end of the previous page: opaque here, validated by the driver. */
export type AuditTrail = {
  readonly page: (
    owner: string,
    filter: AuditFilter,
    page: { limit: number; after?: string },
  ) => Promise<{ records: AuditRecord[]; next?: string }>;
  /** Counts at most `limit` records; `exact` is false if it stopped there. */
  readonly count: (
    owner: string,
    filter: AuditFilter,
    limit: number,
  ) => Promise<{ count: number; exact: boolean }>;
};

const COUNT_LIMIT = 1000;

const toEntry = (record: AuditRecord, userId: string): AuditEntry => ({
  event_id: record.eventId,
  time: record.ts,
  user_id: userId,
  action: record.act,
  category: record.category,
  target: record.target,
  result: record.result,
  error: record.code,
  request_id: record.requestId,
  keys: record.keys?.map(({ provider, kid, version }) => ({ key_id: `${provider}_${kid}`, version })),
  metadata: record.meta ?? {},
});

/** Records of one owner. The caller checks who may read another owner's trail. */
export async function readTrail(
  trail: AuditTrail,
  { ownerId, userId }: { ownerId: string; userId: string },
  query: Omit<AuditQuery, 'user_id' | 'owner'>,
): Promise<AuditPage> {
  const { limit, cursor, ...filter } = query;
  if (filter.from && filter.to && filter.from > filter.to) {
    throw new AppError('invalid_input', 'Invalid range: from is later than to.');
  }
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const [{ records, next }, { count, exact }] = await Promise.all([
    trail.page(ownerId, filter, { limit, ...(after !== undefined && { after }) }),
    trail.count(ownerId, filter, COUNT_LIMIT),
  ]);
  return {
    logs: records.map((record) => toEntry(record, userId)),
    total_count: count,
    pagination: { limit, next_cursor: next === undefined ? null : formatCursor(next), total_is_exact: exact },
  };
}
