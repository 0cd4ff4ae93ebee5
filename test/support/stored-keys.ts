import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';

const bytes = Uint8Array.of(1);

/** An active key of its owner's; its seal cannot be opened. */
export const storedKey = (
  ownerId: OwnerId,
  provider: string,
  changes: Partial<StoredKey> = {},
): StoredKey => ({
  fmt: 1,
  ownerId,
  provider: provider as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  version: 1,
  blob: bytes,
  wk: bytes,
  wkArn: 'arn',
  wkFp: bytes,
  last4: '1234',
  fp: bytes,
  status: 'active',
  kind: 'api_key',
  order: 0,
  createdAt: '2026-11-01T00:00:00.000Z',
  revision: 1,
  ...changes,
});
