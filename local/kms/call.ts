// What every KMS operation stands on: the call on its way, and whether its key may be used at all.
import type { KeyMaterial } from './key-material.ts';
import type { Key, Keys } from './keys.ts';
import { KmsError } from './kms-error.ts';
import type { Operation, Request } from './requests.ts';

/** One request on its way: `authorize` throws AccessDeniedException, and notes the key for log and journal. */
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
export function notPendingDeletion(material: KeyMaterial, key: Key): void {
  if (material.stored(key).state.name !== 'PendingDeletion') return;
  throw new KmsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
}

/** @throws {KmsError} where the key is disabled, on its way out or of the other kind. */
export function usable(
  material: KeyMaterial,
  key: Key,
  { usage, operation }: { usage: Key['usage']; operation: string },
): void {
  notPendingDeletion(material, key);
  if (material.stored(key).state.name === 'Disabled') {
    throw new KmsError('DisabledException', `${key.arn} is disabled.`);
  }
  if (key.usage === usage) return;
  const text = `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`;
  throw new KmsError('InvalidKeyUsageException', text);
}
