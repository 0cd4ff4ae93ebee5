// Reading of the audit trail and projections of it.
import { createUsageHistory } from '#shared/audit/usage-history.ts';
import { createUsage } from '#shared/audit/usage.ts';
import { auditDayIndex } from '#shared/aws/audit-day-index.ts';
import { auditTrail } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { keyTrail } from '#shared/aws/key-trail.ts';
import { readRejectionCounts } from '#shared/aws/rejection-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { usageHistoryTable } from '#shared/aws/usage-history-table.ts';
import { usageTable } from '#shared/aws/usage-table.ts';
import { env } from '#shared/core/env.ts';
import { describeLogStatus } from '#shared/audit/log-status.ts';
import { logStatusTable } from '#shared/aws/log-status-table.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createReadAuditTrail } from '#shared/services/audit-trail.ts';
import { createReadKeyReceipts } from '#shared/services/key-receipts.ts';

import { keyStore } from './keys.ts';

const trail = /* @__PURE__ */ lazy(() => auditTrail(dynamo(), env('AUDIT_TABLE')));

/** Needs `audit:read`, `audit:read-all`. */
export const readAuditTrail = /* @__PURE__ */ lazy(() =>
  createReadAuditTrail({
    trail: trail(),
    all: auditDayIndex(dynamo(), env('AUDIT_TABLE')),
    now: Date.now,
  }),
);

/** Needs `keys:read`, `audit:read`. */
export const readKeyReceipts = /* @__PURE__ */ lazy(() =>
  createReadKeyReceipts({ keys: keyStore(), trail: keyTrail(dynamo(), env('AUDIT_TABLE')) }),
);

/** Needs `usage:history`, `audit:read`. */
export const ownUsageHistory = /* @__PURE__ */ lazy(() =>
  createUsageHistory({
    history: usageHistoryTable(dynamo(), env('CONTENT_TABLE')),
    rejections: readRejectionCounts(dynamo(), env('CONTROL_TABLE')),
    trail: trail(),
    now: Date.now,
  }),
);

/** Needs `usage:project`. */
export const projectUsage = /* @__PURE__ */ lazy(() =>
  createUsage({
    store: usageTable({ content: env('CONTENT_TABLE'), control: env('CONTROL_TABLE') }),
    commit: transaction(dynamo()),
  }),
);

/** Needs `audit:status`. */
export const readLogStatus = /* @__PURE__ */ lazy(() => {
  const store = logStatusTable(dynamo(), env('CONTROL_TABLE'));
  return async () => describeLogStatus(await store.read(), Date.now());
});
