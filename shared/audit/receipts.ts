// Receipts of a key, read from its owner's trail: each time it was or may have been decrypted. The trail outlives the
// key.
import type * as z from 'zod';

import type { OwnerId } from '#shared/core/ids.ts';
import { formatCursor, PageQuery, parseCursor } from '#shared/core/page.ts';

import type { AuditRecord, AuditResult } from './record.ts';

export const ReceiptsQuery = PageQuery.strict();
export type ReceiptsQuery = z.infer<typeof ReceiptsQuery>;

/** One use. `unknown`: a call without an outcome, so the key may have been decrypted; the version is unknown. */
export type Receipt = {
  readonly time: string;
  readonly action: string;
  readonly tool: string | null;
  readonly request_id: string;
  readonly version: number | null;
  readonly outcome: Exclude<AuditResult, 'attempted'> | 'unknown';
};

export type ReceiptsPage = {
  readonly receipts: readonly Receipt[];
  readonly pagination: { readonly limit: number; readonly next_cursor: string | null };
};

/** Subject of the receipts. A call without a recorded key counts only within the life of the key. */
export type KeyLife = { readonly kid: string; readonly from: string; readonly until?: string | undefined };

/** A record and its position in the trail. */
export type Placed = { readonly place: string; readonly record: AuditRecord };

/** Port. Strongly consistent, newest first. */
export type KeyTrail = {
  /** Records that name the key, and attempts that name none. */
  readonly uses: (
    owner: OwnerId,
    kid: string,
    page: { limit: number; after?: string },
  ) => Promise<{ records: Placed[]; next?: string }>;
  /** Outcomes of the calls recorded between two times. */
  readonly outcomes: (owner: OwnerId, from: string, to: string) => Promise<AuditRecord[]>;
  /** Creation and deletion of the key according to its records; undefined if the owner never had it. */
  readonly lifeOf: (owner: OwnerId, keyId: string) => Promise<{ from?: string; until?: string } | undefined>;
};

/** Longer than any function timeout: an attempt without an outcome by then has none. */
const LONGEST_CALL_MS = 15 * 60_000;

const isOpen = ({ result, keys }: AuditRecord) => result === 'attempted' && keys === undefined;

function toReceipt(record: AuditRecord, kid: string): Receipt | undefined {
  const { ts, act, target, requestId, result } = record;
  const use = record.keys?.find((key) => key.kid === kid);
  if (!use && !isOpen(record)) return undefined;
  return {
    time: ts,
    action: act,
    tool: act === 'tool.called' ? (target ?? null) : null,
    request_id: requestId,
    version: use?.version ?? null,
    outcome: result === 'attempted' ? 'unknown' : result,
  };
}

/** Request ids with a recorded outcome; attempts with one of these are dropped. */
async function endedAmong(
  trail: KeyTrail,
  owner: OwnerId,
  records: readonly AuditRecord[],
): Promise<Set<string>> {
  const known = new Set(
    records.filter(({ result }) => result !== 'attempted').map(({ requestId }) => requestId),
  );
  const open = records.filter(({ result, requestId }) => result === 'attempted' && !known.has(requestId));
  const [newest, oldest] = [open.at(0), open.at(-1)];
  if (!newest || !oldest) return known;
  const to = new Date(Date.parse(newest.ts) + LONGEST_CALL_MS).toISOString();
  const outcomes = await trail.outcomes(owner, oldest.ts, to);
  return new Set([...known, ...outcomes.map(({ requestId }) => requestId)]);
}

const within = ({ from, until }: KeyLife, { ts }: AuditRecord) =>
  ts >= from && (until === undefined || ts <= until);

/** Pages may be shorter than `limit`: the last page has no cursor. */
export async function readReceipts(
  trail: KeyTrail,
  { owner, life }: { owner: OwnerId; life: KeyLife },
  { limit, cursor }: ReceiptsQuery,
): Promise<ReceiptsPage> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  // Factor two, because most uses have two records.
  const page = await trail.uses(owner, life.kid, {
    limit: 2 * limit,
    ...(after !== undefined && { after }),
  });
  const ended = await endedAmong(
    trail,
    owner,
    page.records.map(({ record }) => record),
  );
  const found = page.records.flatMap(({ place, record }) => {
    if (record.result === 'attempted' && ended.has(record.requestId)) return [];
    if (isOpen(record) && !within(life, record)) return [];
    const receipt = toReceipt(record, life.kid);
    return receipt ? [{ place, receipt }] : [];
  });
  const shown = found.slice(0, limit);
  const next = found.length > limit ? shown.at(-1)?.place : page.next;
  return {
    receipts: shown.map(({ receipt }) => receipt),
    pagination: { limit, next_cursor: next === undefined ? null : formatCursor(next) },
  };
}
