// Every day at 06:00 UTC: the report of the day before, and its metrics.
import { writeDailyReport } from '#shared/composition/reports.ts';

import { scheduled } from './edge/event.ts';
import { emitReport } from './edge/report-metrics.ts';

export const handler = scheduled(async ({ nowMs, requestId }) => {
  const report = await writeDailyReport()({ nowMs, requestId });
  emitReport(report);
  return { counts: { records: report.records }, failed: 0 };
});
