import { AppError } from '#shared/core/errors.ts';
import { formatCursor, parseCursor } from '#shared/core/page.ts';

import type { AuditEntry, AuditPage, AuditQuery } from './api.ts';
import type { AuditRecord } from './record.ts';

export type AuditFilter = Pick<AuditQuery, 'from' | 'to' | 'category' | 'action' | 'result' | 'target'>;

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

export type AllFilter = AuditFilter & { readonly from: string; readonly to: string };

/** Port. Records of all owners, in the same order. Eventually consistent: a new record may be missing for a moment. */
export type AllRecords = {
  /** May return fewer records than `limit` together with `next`. */
  readonly page: (
    filter: AllFilter,
    page: { limit: number; after?: string | undefined },
  ) => Promise<{ records: AuditRecord[]; next?: string }>;
  readonly count: (filter: AllFilter, limit: number) => Promise<{ count: number; exact: boolean }>;
};

/** Port. Calls `visit` with every record of a UTC day, of all owners, in no order. */
export type EachRecordOfDay = (day: string, visit: (record: AuditRecord) => void) => Promise<void>;

const COUNT_LIMIT = 1000;
/** Default range of a query for the records of all owners. */
const ALL_RANGE_MS = 7 * 24 * 3600_000;

type TrailQuery = Omit<AuditQuery, 'user_id' | 'owner'>;

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

/** @throws {AppError} `invalid_input` */
function splitQuery({ limit, cursor, ...filter }: TrailQuery) {
  if (filter.from && filter.to && filter.from > filter.to) {
    throw new AppError('invalid_input', 'Invalid range: from is later than to.');
  }
  return { limit, filter, after: cursor === undefined ? undefined : parseCursor(cursor) };
}

type Found = {
  readonly logs: readonly AuditEntry[];
  readonly next: string | undefined;
  readonly count: number;
  readonly exact: boolean;
  readonly from?: string | undefined;
  readonly limit: number;
};

const toAuditPage = ({ logs, next, count, exact, from, limit }: Found): AuditPage => ({
  logs,
  total_count: count,
  pagination: {
    limit,
    next_cursor: next === undefined ? null : formatCursor(next),
    total_is_exact: exact,
    ...(from !== undefined && { from }),
  },
});

/** Records of one owner. The caller checks who may read another owner's trail. */
export async function readTrail(
  trail: AuditTrail,
  { ownerId, userId }: { ownerId: string; userId: string },
  query: TrailQuery,
): Promise<AuditPage> {
  const { limit, filter, after } = splitQuery(query);
  const [{ records, next }, { count, exact }] = await Promise.all([
    trail.page(ownerId, filter, { limit, ...(after !== undefined && { after }) }),
    trail.count(ownerId, filter, COUNT_LIMIT),
  ]);
  return toAuditPage({ logs: records.map((record) => toEntry(record, userId)), next, count, exact, limit });
}

/** Records of all owners, each with its owner's id. The caller checks who may read them. */
export async function readAllRecords(all: AllRecords, query: TrailQuery, nowMs: number): Promise<AuditPage> {
  const { limit, filter, after } = splitQuery(query);
  const to = new Date(filter.to ?? nowMs).toISOString();
  const from = new Date(filter.from ?? Date.parse(to) - ALL_RANGE_MS).toISOString();
  const range = { ...filter, from, to };
  const [{ records, next }, { count, exact }] = await Promise.all([
    all.page(range, { limit, after }),
    all.count(range, COUNT_LIMIT),
  ]);
  return toAuditPage({
    logs: records.map((record) => toEntry(record, record.ownerId)),
    next,
    count,
    exact,
    from,
    limit,
  });
}
