// Metrics of what the audit trail says happened, as one line in CloudWatch's embedded metric format for each batch. A row that is
// delivered twice counts twice: exact numbers are in the usage counters and reports.
import type { AuditedEvent } from '#shared/audit/usage.ts';
import { env } from '#shared/core/env.ts';

type Counted = Readonly<Record<string, (event: AuditedEvent) => boolean>>;

const isEndedCall = ({ act, result }: AuditedEvent) => act === 'tool.called' && result !== 'attempted';

/** Metric → the events that it counts. */
export const OUTCOME_METRICS = {
  ToolCalls: isEndedCall,
  ToolCallsFailed: (event) => isEndedCall(event) && event.result === 'failed',
  /** Answered without a call to the outside. */
  ToolCallsCached: (event) => isEndedCall(event) && ['cached', 'stale'].includes(event.outcome ?? ''),
  KeysStored: ({ act, result }) => act === 'key.stored' && result === 'succeeded',
  KeysNotStored: ({ act, result }) =>
    act === 'key.stored' && result !== 'succeeded' && result !== 'attempted',
  KeysInvalidated: ({ act }) => act === 'key.invalidated',
  CriticalNotices: ({ act, severity }) => act === 'notice.raised' && severity === 'critical',
  TamperedRecords: ({ act }) => act === 'audit.tampered',
} as const satisfies Counted;

export function countOutcomes(events: readonly AuditedEvent[]): void {
  const counts = Object.entries<(event: AuditedEvent) => boolean>(OUTCOME_METRICS)
    .map(([name, isCounted]) => [name, events.filter(isCounted).length] as const)
    .filter(([, count]) => count > 0);
  if (counts.length === 0) return;
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'Portunus',
          Dimensions: [['Stage']],
          Metrics: counts.map(([Name]) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    Stage: env('STAGE'),
    ...Object.fromEntries(counts),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
