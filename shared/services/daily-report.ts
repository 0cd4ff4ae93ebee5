// Writing and reading of daily reports.
import { ANONYMOUS, type Audit } from '#shared/audit/audit.ts';
import { createDayTotals } from '#shared/audit/day-totals.ts';
import type { EachRecordOfDay } from '#shared/audit/read.ts';
import type { DailyReport, ReportPage, ReportsQuery, ReportStore } from '#shared/audit/report-api.ts';
import { dailyReport, type DayFeedback } from '#shared/audit/report.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { formatCursor, parseCursor } from '#shared/core/page.ts';

const DAY_MS = 24 * 3600_000;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** Writes the report of the day before `nowMs`. A repeated run writes the same report again. */
export function createWriteDailyReport(ports: {
  readonly eachRecord: EachRecordOfDay;
  readonly feedback: (day: string) => Promise<DayFeedback>;
  readonly reports: Pick<ReportStore, 'find' | 'put'>;
  readonly audit: Pick<Audit, 'commit' | 'record'>;
}) {
  const { eachRecord, feedback, reports, audit } = ports;
  return async ({ nowMs, requestId }: { nowMs: number; requestId: string }): Promise<DailyReport> => {
    const date = dayOf(nowMs - DAY_MS);
    const day = createDayTotals();
    const [before, answers] = await Promise.all([
      reports.find(dayOf(nowMs - 2 * DAY_MS)),
      feedback(date),
      eachRecord(date, (record) => day.add(record)),
    ]);
    const writtenAt = new Date(nowMs).toISOString();
    const report = dailyReport({ date, writtenAt, totals: day.totals(), feedback: answers, before });
    const record = {
      ownerId: ANONYMOUS,
      category: 'system',
      result: 'succeeded',
      requestId,
      target: date,
    } as const;
    const { negative } = report.feedback;
    // An item for the operators. Below five answers it would show who gave one.
    const items = negative
      ? [audit.record({ ...record, act: 'feedback.item_opened', meta: { count: negative } })]
      : [];
    const written = { ...record, act: 'report.written', meta: { count: report.records } } as const;
    await audit.commit(written, [reports.put(report), ...items]);
    return report;
  };
}

/** Reports name no owner, so operators may read them too. */
const READERS = ['auditor', 'operator', 'admin'] as const;

/** @throws {AppError} `forbidden` */
function requireReader({ roles }: Principal): void {
  if (READERS.some((role) => roles.includes(role))) return;
  throw new AppError('forbidden', 'Only an auditor or an operator can read the reports of the service.', {
    next_step: 'Read your own usage with GET /usage/history.',
  });
}

export const createReadReports = (reports: Pick<ReportStore, 'find' | 'page'>) => ({
  async page(caller: Principal, { limit, cursor }: ReportsQuery): Promise<ReportPage> {
    requireReader(caller);
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const { reports: found, next } = await reports.page({ limit, after });
    return {
      reports: found.map(({ date, written_at, metrics }) => ({ date, written_at, metrics })),
      pagination: { limit, next_cursor: next === undefined ? null : formatCursor(next) },
    };
  },

  /** @throws {AppError} `not_found` */
  async find(caller: Principal, date: string): Promise<DailyReport> {
    requireReader(caller);
    const report = await reports.find(date);
    if (report) return report;
    throw new AppError('not_found', 'There is no report of this day.', {
      next_step: 'Reports are written at 06:00 UTC of the next day. List them with GET /audit/reports.',
    });
  },
});
