import { createUsage } from '#shared/audit/usage.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { usageTable } from '#shared/aws/usage-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `usage:project`. */
export const usage = lazy(() =>
  createUsage({
    store: usageTable({ content: env('CONTENT_TABLE'), control: env('CONTROL_TABLE'), now: Date.now }),
    commit: transaction(dynamo()),
  }),
);
