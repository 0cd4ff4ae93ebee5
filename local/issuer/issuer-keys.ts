// The issuer's secrets, generated once per home, so that tokens and sessions survive a restart.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, type JWK } from 'jose';
import * as z from 'zod';

const Keys = z.object({
  signing: z.looseObject({
    kty: z.literal('RSA'),
    kid: z.string(),
    alg: z.literal('RS256'),
    use: z.literal('sig'),
  }),
  cookies: z.array(z.string()).min(1),
});

export type IssuerKeys = {
  /** Private RSA key. */
  readonly signing: JWK & { readonly kid: string; readonly alg: 'RS256' };
  readonly cookies: readonly string[];
};

/** Reads the keys in `folder`, or makes them. */
export async function openKeys(folder: string): Promise<IssuerKeys> {
  const known = readKeys(folder);
  if (known) return known;
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const kid = randomBytes(12).toString('base64url');
  const keys: IssuerKeys = {
    signing: { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' },
    cookies: [randomBytes(32).toString('base64url')],
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = fileIn(folder);
  writeFileSync(`${file}.new`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return keys;
}

/** `undefined` if there are none yet. */
export function readKeys(folder: string): IssuerKeys | undefined {
  let text: string;
  try {
    text = readFileSync(fileIn(folder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return Keys.parse(JSON.parse(text));
}

const fileIn = (folder: string) => join(folder, 'keys.json');
