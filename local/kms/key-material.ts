// The material of a key: versions, rotation and state, always read from disk.
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import type { Material } from './ciphertext.ts';
import type { KeyStore, StoredKey } from './key-store.ts';
import type { Key } from './kms-key.ts';
import { KmsError } from './kms-error.ts';

const DAY_MS = 86_400_000;

const KEY_BYTES = 32;

/** Random bytes, or the private key in PKCS #8. */
const newBytes = (spec: Key['spec']): Buffer =>
  spec === 'ECC_NIST_P256'
    ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
        format: 'der',
        type: 'pkcs8',
      })
    : randomBytes(KEY_BYTES);

export const newMaterial = (spec: Key['spec'], now: number) => ({
  createdAt: now,
  bytes: newBytes(spec).toString('base64'),
});

export type KeyMaterial = ReturnType<typeof createKeyMaterial>;

export function createKeyMaterial(store: KeyStore, now: () => number) {
  function stored({ id }: Key): StoredKey {
    const key = store.get(id);
    if (!key) throw new Error(`Key ${id} has no material on disk`);
    return key;
  }

  function rotate(key: Key): void {
    const { materials, ...rest } = stored(key);
    store.put(key.id, { ...rest, materials: [...materials, newMaterial(key.spec, now())] });
  }

  /** The newest version, after the automatic rotation that AWS would have done by now. */
  function current(key: Key): Material {
    const newest = stored(key).materials.at(-1);
    const due = (newest?.createdAt ?? 0) + (key.rotationDays ?? Infinity) * DAY_MS;
    if (due <= now()) rotate(key);
    const version = stored(key).materials.length;
    return { version, bytes: ofVersion(key, version) };
  }

  /** @throws {KmsError} InvalidCiphertextException for a version this key never had. */
  function ofVersion(key: Key, version: number): Buffer {
    const found = stored(key).materials[version - 1];
    if (!found) throw new KmsError('InvalidCiphertextException');
    return Buffer.from(found.bytes, 'base64');
  }

  const setState = (key: Key, state: StoredKey['state']) => store.put(key.id, { ...stored(key), state });
  return { stored, rotate, current, ofVersion, setState };
}
