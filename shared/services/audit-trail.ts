import type { AuditPage, AuditQuery } from '#shared/audit/api.ts';
import { type AllRecords, type AuditTrail, readAllRecords, readTrail } from '#shared/audit/read.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { AppError } from '#shared/core/errors.ts';

/** Roles that may read the trails of other users. Operators do not need to. */
const READERS = ['auditor', 'admin'] as const;

const isReader = ({ roles }: Principal): boolean => READERS.some((role) => roles.includes(role));

/** @throws {AppError} `forbidden`, whether or not the named user exists */
function trailOwner(
  caller: Principal,
  { user_id: userId = caller.subject, owner }: Pick<AuditQuery, 'user_id' | 'owner'>,
) {
  const ownerId = owner ?? deriveOwnerId(caller.issuer, userId);
  if (ownerId !== caller.ownerId && !isReader(caller)) {
    throw new AppError('forbidden', 'Only an auditor can read the records of another user.', {
      next_step: 'Omit user_id and owner, or sign in as an auditor.',
    });
  }
  return { ownerId, userId: owner ?? userId };
}

type Ports = { readonly trail: AuditTrail; readonly all: AllRecords; readonly now: () => number };

/** Target of the record of a query for the records of all owners. */
const EVERYONE = 'everyone';

/** Reads the caller's own records; for auditors and admins those of the user they name, otherwise of all owners. */
export const createReadAuditTrail =
  ({ trail, all, now }: Ports) =>
  async (
    caller: Principal,
    { user_id, owner, ...query }: AuditQuery,
  ): Promise<{ page: AuditPage; of: string }> => {
    if (user_id === undefined && owner === undefined && isReader(caller)) {
      return { page: await readAllRecords(all, query, now()), of: EVERYONE };
    }
    const asked = trailOwner(caller, { user_id, owner });
    return { page: await readTrail(trail, asked, query), of: asked.ownerId };
  };
