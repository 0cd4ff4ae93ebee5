// GET /audit/reports — the success metrics of each day, newest first.
import { ReportsQuery } from '#shared/audit/report-api.ts';
import { readReports } from '#shared/composition/reports.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('reports-list', {
  input: { query: ReportsQuery },
  action: 'reports.listed',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const body = await readReports().page(principal, query);
    return { body, meta: { count: body.reports.length } };
  },
});
