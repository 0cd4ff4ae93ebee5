import { readOwnTrail } from '#shared/audit/read.ts';
import type { AuditPage, AuditQuery } from '#shared/audit/api.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { auditTrail } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';

const trail = once(() => auditTrail(dynamo(), env('AUDIT_TABLE')));

/** Needs `audit:read`. The caller's own records. */
export const ownTrail = (caller: Principal, query: AuditQuery): Promise<AuditPage> =>
  readOwnTrail(trail(), caller, query);
