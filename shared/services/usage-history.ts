import { createUsageHistory } from '#shared/audit/usage-history.ts';
import { auditTrail } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { refusalsOf } from '#shared/aws/refusal-table.ts';
import { usageHistoryTable } from '#shared/aws/usage-history-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `usage:history`, `audit:read`. The caller's own. */
export const ownUsageHistory = lazy(() =>
  createUsageHistory({
    history: usageHistoryTable(dynamo(), env('CONTENT_TABLE')),
    refusals: refusalsOf(dynamo(), env('CONTROL_TABLE')),
    trail: auditTrail(dynamo(), env('AUDIT_TABLE')),
    now: Date.now,
  }),
);
