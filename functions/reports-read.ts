// GET /audit/reports/{date} — the report of one day.
import { ReportPath } from '#shared/audit/report-api.ts';
import { readReports } from '#shared/composition/reports.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('reports-read', {
  input: { path: ReportPath },
  action: 'report.read',
  category: 'user_action',

  run: async ({ input: { path }, principal }) => ({
    body: await readReports().find(principal, path.date),
    target: path.date,
  }),
});
