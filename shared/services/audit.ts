import { createAudit } from '#shared/audit/audit.ts';
import { auditTable } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `audit:write`. */
export const audit = lazy(() =>
  createAudit({ store: auditTable(env('AUDIT_TABLE')), commit: transaction(dynamo()), now: Date.now }),
);
