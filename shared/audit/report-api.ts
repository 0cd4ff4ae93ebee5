// Schemas of the report routes, and of a stored report.
import * as z from 'zod';

import { PageQuery } from '#shared/core/page.ts';
import type { Write } from '#shared/core/write.ts';

export const ReportsQuery = PageQuery.extend({
  limit: z.coerce.number().int().min(1).max(31).default(7),
}).strict();
export type ReportsQuery = z.infer<typeof ReportsQuery>;

export const ReportPath = z.strictObject({ date: z.iso.date() });

const Count = z.int().min(0);

/** `value` and `yesterday` are percentages, of `exposure` a number of leaks; null: there were no data. */
const Metric = z.object({
  value: z.number().nullable(),
  /** Cases that the value was computed from. */
  n: Count,
  yesterday: z.number().nullable(),
  target: z.number(),
  status: z.enum(['met', 'missed', 'no data']),
});
export type Metric = z.infer<typeof Metric>;

export const METRICS = [
  'authentication',
  'exposure',
  'configuration',
  'avoided_calls',
  'confidence',
] as const;
export type MetricName = (typeof METRICS)[number];

const Used = z.object({
  name: z.string(),
  calls: Count,
  succeeded: Count,
  cost_micro_usd: Count,
  input_tokens: Count,
  output_tokens: Count,
});

/** Report of one UTC day, from the audit records and the feedback of that day. It names no owner. */
export const DailyReport = z.object({
  date: z.iso.date(),
  written_at: z.iso.datetime(),
  records: Count,
  active_owners: Count,
  metrics: z.record(z.enum(METRICS), Metric),
  calls: z.object({ succeeded: Count, refused: Count, failed: Count, outbound: Count, cached: Count }),
  cost_micro_usd: Count,
  by_tool: z.array(Used),
  by_provider: z.array(Used),
  limits: z.object({ rate_limited: Count, quota_exceeded: Count, budget_exceeded: Count }),
  /** Owners who reached each step. */
  setup: z.array(z.object({ step: z.string(), owners: Count })),
  incidents: z.object({
    keys_in_logs: Count,
    keys_in_public: Count,
    records_tampered: Count,
    notices: Count,
  }),
  /** Below five answers `negative` is null and there are no texts, so that no person is identified. */
  feedback: z.object({ n: Count, negative: Count.nullable(), texts: z.array(z.string()) }),
});
export type DailyReport = z.infer<typeof DailyReport>;

export type ReportPage = {
  readonly reports: readonly Pick<DailyReport, 'date' | 'written_at' | 'metrics'>[];
  readonly pagination: { readonly limit: number; readonly next_cursor: string | null };
};

/** Port. Newest first; `after` is a date. */
export type ReportStore = {
  /** Replaces an earlier report of the day: the same records give the same report. */
  readonly put: (report: DailyReport) => Write;
  readonly find: (date: string) => Promise<DailyReport | undefined>;
  readonly page: (page: {
    limit: number;
    after?: string | undefined;
  }) => Promise<{ reports: DailyReport[]; next?: string }>;
};
