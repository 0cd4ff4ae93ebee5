import { createHash } from 'node:crypto';

import type { OwnerId } from '#shared/core/ids.ts';

const LENGTH = 27;

/**
 * Owner id: opaque; the same subject at another issuer is another owner. Derived from the exact bytes, so letter case
 * is significant.
 */
export const deriveOwnerId = (issuer: string, subject: string): OwnerId =>
  createHash('sha256')
    .update(issuer)
    .update('\0')
    .update(subject)
    .digest('base64url')
    .slice(0, LENGTH) as OwnerId;
