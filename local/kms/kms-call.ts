// Shared by all KMS operations: the authorised call and the checks on the key's state.
import type { KeyMaterial } from './key-material.ts';
import type { Keys } from './kms-keys.ts';
import type { Key } from './kms-key.ts';
import { KmsError } from './kms-error.ts';
import type { Operation, Request } from './kms-requests.ts';

/** One request in progress: `authorize` throws AccessDeniedException and records the key for log and journal. */
export type Call = {
  readonly authorize: (
    key: Key,
    action: string,
    context: Readonly<Record<string, string | readonly string[]>>,
  ) => void;
};

export type Operations = {
  readonly [Name in Operation]: (request: Request<Name>, call: Call) => Readonly<Record<string, unknown>>;
};

export type Parts = { readonly keys: Keys; readonly material: KeyMaterial; readonly now: () => number };

/** @throws {KmsError} KMSInvalidStateException */
export function assertNotPendingDeletion(material: KeyMaterial, key: Key): void {
  if (material.stored(key).state.name !== 'PendingDeletion') return;
  throw new KmsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
}

/** @throws {KmsError} if the key is pending deletion or has another usage. */
export function assertUsable(
  material: KeyMaterial,
  key: Key,
  { usage, operation }: { usage: Key['usage']; operation: string },
): void {
  assertNotPendingDeletion(material, key);
  if (key.usage === usage) return;
  const text = `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`;
  throw new KmsError('InvalidKeyUsageException', text);
}
