import { createRefuse, type Refuse } from '#shared/audit/refusals.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { refusalTable } from '#shared/aws/refusal-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

import { audit } from './audit.ts';

/** Needs `audit:write`. */
export const refuse = lazy(
  (): Refuse =>
    createRefuse({
      audit: audit(),
      count: refusalTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
      now: Date.now,
    }),
);
