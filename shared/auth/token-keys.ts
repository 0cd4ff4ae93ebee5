// Signing keys of an issuer. The remote key set of jose is not used, because its HTTP client would bypass the egress
// guard.
import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import * as z from 'zod/mini';

import { AppError } from '#shared/core/errors.ts';

import { tokenRejected } from './token-rejection.ts';

/** Port. Fetches the document at the configured address through the egress guard, within two seconds. */
export type FetchJwks = (uri: string) => Promise<unknown>;

/** Last good key set and the time of its retrieval. */
export type SavedJwks = { readonly jwks: unknown; readonly at: number };

type Key = Awaited<ReturnType<ReturnType<typeof createLocalJWKSet>>>;

export type SigningKeys = {
  /** @throws {AppError} `unauthenticated` for an unknown key, `unavailable` while the issuer is unreachable */
  readonly find: (header: { alg: string; kid: string }) => Promise<Key>;
};

const COOLDOWN_MS = 30_000;
const FRESH_MS = 10 * 60_000;
export const LAST_GOOD_MS = 24 * 3_600_000;
const MIN_RSA_BYTES = 256;

const Jwk = z.looseObject({
  kty: z.string(),
  use: z.optional(z.string()),
  crv: z.optional(z.string()),
  n: z.optional(z.string()),
  e: z.optional(z.string()),
});
type Jwk = z.infer<typeof Jwk>;
const Jwks = z.looseObject({ keys: z.array(Jwk).check(z.maxLength(64)) });

const PRIVATE = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

const modulus = (key: Jwk) => Buffer.from(key.n ?? '', 'base64url');

/** Public keys of sufficient strength; others in the set are ignored. */
function isSound(key: Jwk): boolean {
  if (key.use === 'enc' || PRIVATE.some((part) => Object.hasOwn(key, part))) return false;
  switch (key.kty) {
    case 'RSA':
      return modulus(key).length >= MIN_RSA_BYTES && (modulus(key)[0] ?? 0) >= 0x80 && key.e === 'AQAB';
    case 'EC':
      return key.crv === 'P-256';
    case 'OKP':
      return key.crv === 'Ed25519';
    default:
      return false; // with a symmetric key every verifier could issue tokens
  }
}

/** True if a document has keys worth saving. */
export const hasSoundKeys = (document: unknown): boolean => {
  const parsed = Jwks.safeParse(document);
  return parsed.success && parsed.data.keys.some(isSound);
};

function loadedFrom(document: unknown, at: number): Loaded {
  const sound = Jwks.parse(document).keys.filter(isSound);
  return { find: createLocalJWKSet({ keys: sound } as JSONWebKeySet), at };
}

type Loaded = { readonly find: ReturnType<typeof createLocalJWKSet>; readonly at: number };

/** Signing keys of one issuer: fresh for 10 minutes; while the issuer is unavailable, the last good ones for a day. */
export function createSigningKeys(ports: {
  uri: string;
  fetchJwks: FetchJwks;
  /** Read only by an instance without keys while the issuer is unreachable. */
  savedJwks: (uri: string) => Promise<SavedJwks | undefined>;
  now: () => number;
}): SigningKeys {
  const { uri, fetchJwks, savedJwks, now } = ports;
  let loaded: Loaded | undefined;
  let lastRequestAt = Number.NEGATIVE_INFINITY;
  let flight: Promise<void> | undefined;

  async function load() {
    lastRequestAt = now();
    try {
      loaded = loadedFrom(await fetchJwks(uri), now());
    } catch (error) {
      // Ignores a row that cannot be decrypted: write access to the table must not allow a choice of keys.
      const saved = loaded ? undefined : await savedJwks(uri).catch(() => undefined);
      if (!saved) throw error;
      loaded = loadedFrom(saved.jwks, Math.min(saved.at, now()));
    }
  }

  /** Concurrent callers share one request. */
  const refresh = () =>
    (flight ??= load().finally(() => {
      flight = undefined;
    }));

  const cooledDown = () => now() - lastRequestAt >= COOLDOWN_MS;
  const youngerThan = (ms: number) => loaded !== undefined && now() - loaded.at < ms;

  async function current(): Promise<Loaded> {
    if (!youngerThan(FRESH_MS) && (loaded === undefined || flight || cooledDown())) {
      // Errors are dropped, because their messages may quote an address or a response; the last key set stays in use.
      await refresh().catch(() => undefined);
    }
    if (loaded === undefined || !youngerThan(LAST_GOOD_MS)) {
      throw new AppError('unavailable', 'The issuer is unreachable.');
    }
    return loaded;
  }

  async function pick(set: Loaded, header: { alg: string; kid: string }): Promise<Key | undefined> {
    try {
      return await set.find(header);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw tokenRejected('token_unknown_key'); // two keys of one name, or one that is no key at all
    }
  }

  return {
    async find(header) {
      const known = await current();
      const key = await pick(known, header);
      if (key) return key;
      // Possibly a new key. Key ids are attacker-controlled, so the issuer is called once per cooldown.
      if (flight || cooledDown()) await refresh().catch(() => undefined);
      const renewed = await current();
      const found = renewed === known ? undefined : await pick(renewed, header);
      if (!found) throw tokenRejected('token_unknown_key');
      return found;
    },
  };
}
