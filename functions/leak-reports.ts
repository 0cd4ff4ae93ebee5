// POST /leak-reports — a scanner of public code found texts that look like keys: stored ones among them are frozen.
import { receiveLeakReport } from '#shared/composition/leak-reports.ts';

import { leakReportRoute } from './edge/leak-report-route.ts';

export const handler = leakReportRoute((report) => receiveLeakReport()(report));
