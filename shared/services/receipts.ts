import { type ReceiptsPage, type ReceiptsQuery, readReceipts } from '#shared/audit/receipts.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { keyTrail } from '#shared/aws/key-trail.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { parseKeyId } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';

import { keyStore } from './key-store.ts';

const trail = lazy(() => keyTrail(dynamo(), env('AUDIT_TABLE')));

/**
 * Needs `keys:read`, `audit:read`. Receipts survive the key: a deleted one is known by its records.
 * @throws {AppError} `not_found` alike for another user's key and for one that never existed
 */
export async function receiptsOf(
  { uid }: Principal,
  keyId: string,
  query: ReceiptsQuery,
): Promise<ReceiptsPage> {
  const id = parseKeyId(keyId);
  if (!id) throw new AppError('not_found', 'Key not found.');
  const stored = (await keyStore().list(uid, id.provider)).find(({ kid }) => kid === id.kid);
  const life = stored ? { from: stored.createdAt } : await trail().lifeOf(uid, keyId);
  if (!life) throw new AppError('not_found', 'Key not found.');
  return readReceipts(trail(), { owner: uid, life: { kid: id.kid, from: '', ...life } }, query);
}
