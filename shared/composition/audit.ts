import { createAudit } from '#shared/audit/audit.ts';
import { createRefuse, type Refuse } from '#shared/audit/refusals.ts';
import { auditTable } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { refusalTable } from '#shared/aws/refusal-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createRecordRejectedCaller } from '#shared/services/rejected-caller.ts';

/** Needs `audit:write`. */
export const audit = /* @__PURE__ */ lazy(() =>
  createAudit({ store: auditTable(env('AUDIT_TABLE')), commit: transaction(dynamo()), now: Date.now }),
);

/** Needs `audit:write`. */
export const refuse = /* @__PURE__ */ lazy(
  (): Refuse =>
    createRefuse({
      audit: audit(),
      count: refusalTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
      now: Date.now,
    }),
);

/** Needs `audit:write`. */
export const recordRejectedCaller = /* @__PURE__ */ lazy(() => createRecordRejectedCaller(refuse()));
