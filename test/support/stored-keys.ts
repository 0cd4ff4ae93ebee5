import type { Kid, ProviderId, Uid } from '#shared/core/ids.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';

const bytes = Uint8Array.of(1);

/** An active key of its owner's; its seal cannot be opened. */
export const storedKey = (uid: Uid, provider: string, changes: Partial<StoredKey> = {}): StoredKey => ({
  fmt: 1,
  uid,
  provider: provider as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  ver: 1,
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
  rv: 1,
  ...changes,
});
