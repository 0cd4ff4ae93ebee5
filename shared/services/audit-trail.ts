import type { AuditPage, AuditQuery } from '#shared/audit/api.ts';
import { type AuditTrail, readTrail } from '#shared/audit/read.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { AppError } from '#shared/core/errors.ts';

/** Roles that may read the trails of other users. Operators do not need to. */
const READERS = ['auditor', 'admin'] as const;

/** @throws {AppError} `forbidden`, whether or not the named user exists */
function ownerOf(
  caller: Principal,
  { user_id: userId = caller.subject, owner }: Pick<AuditQuery, 'user_id' | 'owner'>,
) {
  const ownerId = owner ?? deriveOwnerId(caller.issuer, userId);
  if (ownerId !== caller.ownerId && !READERS.some((role) => caller.roles.includes(role))) {
    throw new AppError('forbidden', 'Only an auditor can read the records of another user.', {
      next_step: 'Omit user_id and owner, or sign in as an auditor.',
    });
  }
  return { ownerId, userId: owner ?? userId };
}

/** Reads the caller's own records; for auditors and admins those of the user they name. */
export const createReadAuditTrail =
  (trail: AuditTrail) =>
  async (
    caller: Principal,
    { user_id, owner, ...query }: AuditQuery,
  ): Promise<{ page: AuditPage; of: string }> => {
    const asked = ownerOf(caller, { user_id, owner });
    return { page: await readTrail(trail, asked, query), of: asked.ownerId };
  };
