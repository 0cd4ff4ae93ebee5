import {
  type KeyTrail,
  type ReceiptsPage,
  type ReceiptsQuery,
  readReceipts,
} from '#shared/audit/receipts.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { parseKeyId } from '#shared/core/ids.ts';
import type { KeyStore } from '#shared/vault/stored-key.ts';

type Ports = { readonly keys: Pick<KeyStore, 'list'>; readonly trail: KeyTrail };

/**
 * Receipts survive the key: a deleted one is found by its records.
 * @throws {AppError} `not_found` alike for another user's key and for one that never existed
 */
export const createReadKeyReceipts =
  ({ keys, trail }: Ports) =>
  async ({ ownerId }: Principal, keyId: string, query: ReceiptsQuery): Promise<ReceiptsPage> => {
    const id = parseKeyId(keyId);
    if (!id) throw new AppError('not_found', 'Key not found.');
    const stored = (await keys.list(ownerId, id.provider)).find(({ kid }) => kid === id.kid);
    const life = stored ? { from: stored.createdAt } : await trail.lifeOf(ownerId, keyId);
    if (!life) throw new AppError('not_found', 'Key not found.');
    return readReceipts(trail, { owner: ownerId, life: { kid: id.kid, from: '', ...life } }, query);
  };
