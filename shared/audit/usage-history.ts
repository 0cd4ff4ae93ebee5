// Daily usage of an owner's tool calls, read from the projection, including the time up to which it is complete.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { formatCursor, parseCursor } from '#shared/core/page.ts';

import type { AuditTrail } from './read.ts';
import { unrecorded } from './rejections.ts';
import type { UsageEntry, UsageHistoryQuery, UsagePage } from './usage-api.ts';

/** Counters of a day by name, as written by usage.ts. */
export type DayCounters = { readonly day: string; readonly counters: Readonly<Record<string, number>> };

/** Port. Days are `2026-11-23`, ascending. */
export type UsageHistory = {
  readonly page: (
    owner: OwnerId,
    span: { from: string; to: string; after?: string | undefined },
    limit: number,
  ) => Promise<{ days: readonly DayCounters[]; next?: string | undefined }>;
  /** Number of records of these days that were counted. */
  readonly counted: (owner: OwnerId, from: string, to: string) => Promise<ReadonlyMap<string, number>>;
};

/** Port. Exact counts of the rejections of these days, including those without a record. */
export type CountedRejections = (
  owner: OwnerId,
  span: { from: string; to: string },
) => Promise<readonly { readonly hour: string; readonly kind: string; readonly n: number }[]>;

const DAY_MS = 24 * 3600_000;
const MAX_DAYS = 366;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** Delivery is retried for at most a day; then the event is in a dead-letter queue, which has an alarm. */
const OPEN_DAYS = 2;
/** Bound of the comparison: a day with more records than one page of the table counts as incomplete. */
const COUNT_LIMIT = 10_000;

const utcDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const startOfDay = (day: string) => `${day}T00:00:00.000Z`;
const endOfDay = (day: string) => `${day}T23:59:59.999Z`;

const UNITS = {
  day: 'UTC',
  calls: 'tool calls that ended',
  input_tokens: 'tokens, as the provider counts them',
  output_tokens: 'tokens, as the provider counts them',
  cost_micro_usd: 'millionths of a US dollar',
};

function resolveRange({ from, to }: UsageHistoryQuery, now: number): { from: string; to: string } {
  const last = to ?? utcDay(now);
  const first = from ?? utcDay(Date.parse(last) - 30 * DAY_MS);
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (days < 1) throw new AppError('invalid_input', 'Invalid range: from is later than to.');
  if (days > MAX_DAYS) throw new AppError('invalid_input', `The range exceeds ${MAX_DAYS} days.`);
  return { from: first, to: last };
}

const FIELDS = { tool: 'tool', provider: 'provider', key: 'key_id' } as const;
const NOTHING = {
  succeeded: 0,
  refused: 0,
  failed: 0,
  input_tokens: 0,
  output_tokens: 0,
  cost_micro_usd: 0,
};

/** Sum over the tools: every call belongs to exactly one tool. */
function toEntries({ day, counters }: DayCounters, by: UsageHistoryQuery['by']): UsageEntry[] {
  const kind = by === 'day' ? 'tool' : by;
  const sums = new Map<string, Record<keyof typeof NOTHING, number>>();
  for (const [counter, amount] of Object.entries(counters)) {
    const [of, name = '', what = ''] = counter.split(':');
    if (of !== kind || !(what in NOTHING)) continue;
    const subject = by === 'day' ? '' : name;
    const sum = sums.get(subject) ?? { ...NOTHING };
    sum[what as keyof typeof NOTHING] += amount;
    sums.set(subject, sum);
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { succeeded, refused, failed, ...used }]) => ({
      day,
      ...(by !== 'day' && { [FIELDS[by]]: name }),
      calls: succeeded + refused + failed,
      succeeded,
      refused,
      failed,
      ...used,
    }));
}

function placeIn(cursor: string | undefined): string | undefined {
  const place = cursor === undefined ? undefined : parseCursor(cursor);
  if (place === undefined || DAY.test(place)) return place;
  throw new AppError('invalid_input', 'Invalid cursor.');
}

/** Adds the rejections without a record, which the projection does not contain. */
function withUnrecorded(
  { day, counters }: DayCounters,
  rejections: Awaited<ReturnType<CountedRejections>>,
): DayCounters {
  const all = { ...counters };
  for (const { hour, kind, n } of rejections) {
    const [act, , tool = 'unknown'] = kind.split(' ');
    if (act !== 'tool.called' || !hour.startsWith(day)) continue;
    const name = `tool:${tool}:refused`;
    all[name] = (all[name] ?? 0) + unrecorded(n);
  }
  return { day, counters: all };
}

export function createUsageHistory(ports: {
  history: UsageHistory;
  rejections: CountedRejections;
  trail: Pick<AuditTrail, 'count'>;
  now: () => number;
}) {
  const { history, rejections, trail, now } = ports;

  /** Compares the projection with the trail, over the days that may be incomplete. */
  async function completeUntil(owner: OwnerId, to: string): Promise<string> {
    const at = now();
    const open = Array.from({ length: OPEN_DAYS }, (_, n) => utcDay(at - (OPEN_DAYS - 1 - n) * DAY_MS));
    const [oldest = '', newest = ''] = [open[0], open.at(-1)];
    if (to < oldest) return endOfDay(to);
    const until = new Date(at).toISOString();
    // Counters are read first: records added in between can only make them appear behind.
    const counted = await history.counted(owner, oldest, newest);
    const recorded = await Promise.all(
      open.map((day) => {
        const end = day === newest ? until : endOfDay(day);
        return trail.count(owner, { from: startOfDay(day), to: end }, COUNT_LIMIT);
      }),
    );
    const behind = open.find((day, n) => {
      const found = recorded[n];
      return !found?.exact || found.count > (counted.get(day) ?? 0);
    });
    return behind === undefined ? until : startOfDay(behind);
  }

  return async (owner: OwnerId, query: UsageHistoryQuery): Promise<UsagePage> => {
    const { by, limit, cursor } = query;
    const span = resolveRange(query, now());
    const after = placeIn(cursor);
    const complete = await completeUntil(owner, span.to);
    const { days, next } = await history.page(owner, { ...span, after }, limit);
    const [first, last] = [days[0]?.day, days.at(-1)?.day];
    const refused = first && last ? await rejections(owner, { from: first, to: last }) : [];
    return {
      by,
      ...span,
      usage: days.flatMap((day) => toEntries(withUnrecorded(day, refused), by)),
      units: UNITS,
      complete_until: complete,
      pagination: { limit, next_cursor: next === undefined ? null : formatCursor(next) },
    };
  };
}
