// Daily reports.
import { eachRecordOfDay } from '#shared/aws/audit-day-index.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { answersOfDay } from '#shared/aws/feedback-table.ts';
import { reportTable } from '#shared/aws/report-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createReadReports, createWriteDailyReport } from '#shared/services/daily-report.ts';

import { audit } from './audit.ts';

const reports = /* @__PURE__ */ lazy(() => reportTable(dynamo(), env('CONTENT_TABLE')));

/** Needs `reports:write`, `audit:read-all`, `audit:write`. */
export const writeDailyReport = /* @__PURE__ */ lazy(() =>
  createWriteDailyReport({
    eachRecord: eachRecordOfDay(dynamo(), env('AUDIT_TABLE')),
    feedback: answersOfDay(dynamo(), env('CONTENT_TABLE')),
    reports: reports(),
    audit: audit(),
  }),
);

/** Needs `reports:read`. */
export const readReports = /* @__PURE__ */ lazy(() => createReadReports(reports()));
