import { createHash } from 'node:crypto';

import type { Uid } from '#shared/core/ids.ts';

const LENGTH = 27;

/**
 * The owner's id: opaque, and the same person at another issuer is somebody else. Exact bytes, so no merging
 * by case.
 */
export const uidOf = (issuer: string, subject: string): Uid =>
  createHash('sha256')
    .update(issuer)
    .update('\0')
    .update(subject)
    .digest('base64url')
    .slice(0, LENGTH) as Uid;
