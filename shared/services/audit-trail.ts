import { readTrail } from '#shared/audit/read.ts';
import type { AuditPage, AuditQuery } from '#shared/audit/api.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { uidOf } from '#shared/auth/uid.ts';
import { auditTrail } from '#shared/aws/audit-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';

const trail = lazy(() => auditTrail(dynamo(), env('AUDIT_TABLE')));

/** Roles that may read other users' trails. Operators do not need to. */
const READERS = ['auditor', 'admin'] as const;

type Asked = Pick<AuditQuery, 'user_id' | 'owner'>;

/** @throws {AppError} `forbidden`, whether or not there is such a person */
function ownerOf(caller: Principal, { user_id: userId = caller.subject, owner }: Asked) {
  const uid = owner ?? uidOf(caller.issuer, userId);
  if (uid !== caller.uid && !READERS.some((role) => caller.roles.includes(role))) {
    throw new AppError('forbidden', 'Only an auditor can read the records of another user.', {
      next_step: 'Omit user_id and owner, or sign in as an auditor.',
    });
  }
  return { uid, userId: owner ?? userId };
}

/** Needs `audit:read`. The caller's own records; for auditors and admins those of whom they name. */
export async function trailFor(
  caller: Principal,
  { user_id, owner, ...query }: AuditQuery,
): Promise<{ page: AuditPage; of: string }> {
  const asked = ownerOf(caller, { user_id, owner });
  return { page: await readTrail(trail(), asked, query), of: asked.uid };
}
