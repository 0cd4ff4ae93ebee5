// Success metrics of a report. A metric without data is not emitted: a missing point is no zero.
import type { DailyReport, MetricName } from '#shared/audit/report-api.ts';

import { emitMetrics } from './emf.ts';

const NAMES: Readonly<Record<MetricName, string>> = {
  authentication: 'AuthenticationRate',
  exposure: 'KeysExposed',
  configuration: 'ConfigurationRate',
  avoided_calls: 'AvoidedCallRate',
  confidence: 'ConfidenceRate',
};

export function emitReport({ metrics }: DailyReport): void {
  const values = Object.entries(NAMES).flatMap(([name, metric]) => {
    const { value } = metrics[name as MetricName];
    return value === null ? [] : [[metric, value] as const];
  });
  const units = values.map(([metric]) => [metric, metric.endsWith('Rate') ? 'Percent' : 'Count'] as const);
  emitMetrics({ ReportWritten: 1, ...Object.fromEntries(values) }, Object.fromEntries(units));
}
