import { createAudit } from '#shared/audit/audit.ts';
import { createWriters } from '#shared/audit/chain.ts';
import { createRecordRejection, type RecordRejection } from '#shared/audit/rejections.ts';
import { auditTable } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { rejectionTable } from '#shared/aws/rejection-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createRecordFailedCheck, createRecordRejectedCaller } from '#shared/services/rejected-caller.ts';

/** Needs `audit:write`. */
export const audit = /* @__PURE__ */ lazy(() =>
  createAudit({
    store: auditTable(env('AUDIT_TABLE'), createWriters({ now: Date.now })),
    commit: transaction(dynamo()),
    now: Date.now,
  }),
);

/** Needs `audit:write`. */
export const recordRejection = /* @__PURE__ */ lazy(
  (): RecordRejection =>
    createRecordRejection({
      audit: audit(),
      count: rejectionTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
      now: Date.now,
    }),
);

/** Needs `audit:write`. */
export const recordRejectedCaller = /* @__PURE__ */ lazy(() => createRecordRejectedCaller(recordRejection()));

/** Needs `audit:write`. */
export const recordFailedCheck = /* @__PURE__ */ lazy(() => createRecordFailedCheck(audit()));
