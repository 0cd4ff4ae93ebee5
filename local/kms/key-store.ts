// Key material on disk. Losing this file loses every ciphertext: it is replaced atomically and flushed before a key is used.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { replaceFile } from './replace-file.ts';

const StoredKey = z.object({
  /** `<stack>/<logicalId>`, which identifies the key across starts. */
  origin: z.string(),
  createdAt: z.number(),
  /** Base64, newest last; index + 1 is the material version. */
  materials: z.array(z.object({ createdAt: z.number(), bytes: z.string() })).min(1),
  state: z.discriminatedUnion('name', [
    z.object({ name: z.literal('Enabled') }),
    z.object({ name: z.literal('PendingDeletion'), deletionAt: z.number() }),
  ]),
});
export type StoredKey = z.infer<typeof StoredKey>;
const KeyFile = z.object({ format: z.literal(1), keys: z.record(z.string(), StoredKey) });

export type KeyStore = {
  readonly get: (keyId: string) => StoredKey | undefined;
  /** Returns once the key is on disk. */
  readonly put: (keyId: string, key: StoredKey) => void;
};

export function createKeyStore(folder: string): KeyStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'keys.json');
  const keys = new Map<string, StoredKey>(existsSync(path) ? load(path) : []);
  return {
    get: (keyId) => keys.get(keyId),
    put(keyId, key) {
      keys.set(keyId, key);
      replaceFile(path, JSON.stringify({ format: 1, keys: Object.fromEntries(keys) }));
    },
  };
}

const load = (path: string) => Object.entries(KeyFile.parse(JSON.parse(readFileSync(path, 'utf8'))).keys);

/** The same key id at every start, so that ciphertexts and ARNs in data stay valid. */
export function stableKeyId(origin: string): string {
  const hex = createHash('sha256').update(origin).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(12, 15)}`, `8${hex.slice(15, 18)}`];
  return `${parts.join('-')}-${hex.slice(18, 30)}`;
}
