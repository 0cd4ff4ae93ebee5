// An issuer's signing keys. jose has a remote set too, but it brings a second HTTP client past the egress
// guard.
import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import * as z from 'zod/mini';

import { AppError } from '#shared/core/errors.ts';

import { tokenRefused } from './token-refusal.ts';

/** Port. The document at the configured address, through the egress guard, within two seconds. */
export type FetchJwks = (uri: string) => Promise<unknown>;

/** What was put by while the issuer answered, and when. */
export type SavedJwks = { readonly jwks: unknown; readonly at: number };

type Key = Awaited<ReturnType<ReturnType<typeof createLocalJWKSet>>>;

export type SigningKeys = {
  /**
   * @throws {AppError} `unauthenticated` for an unknown key, `unavailable` while the issuer cannot be asked
   */
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

/** Public halves of keys strong enough to sign with; the others in a set are passed over. */
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
      return false; // a symmetric key would make every verifier an issuer
  }
}

/** Whether a document is one to put by. */
export const hasSoundKeys = (document: unknown): boolean => {
  const parsed = Jwks.safeParse(document);
  return parsed.success && parsed.data.keys.some(isSound);
};

function loadedFrom(document: unknown, at: number): Loaded {
  const sound = Jwks.parse(document).keys.filter(isSound);
  return { find: createLocalJWKSet({ keys: sound } as JSONWebKeySet), at };
}

type Loaded = { readonly find: ReturnType<typeof createLocalJWKSet>; readonly at: number };

/** Keys of one issuer: fresh for 10 minutes, the last good ones for a day when the issuer is down. */
export function createSigningKeys(ports: {
  uri: string;
  fetchJwks: FetchJwks;
  /** Asked only by an instance that knows no keys and cannot ask the issuer. */
  savedJwks: (uri: string) => Promise<SavedJwks | undefined>;
  now: () => number;
}): SigningKeys {
  const { uri, fetchJwks, savedJwks, now } = ports;
  let loaded: Loaded | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let flight: Promise<void> | undefined;

  async function load() {
    askedAt = now();
    try {
      loaded = loadedFrom(await fetchJwks(uri), now());
    } catch (error) {
      // A row that does not open is no row: somebody who can write the table must not choose our keys.
      const saved = loaded ? undefined : await savedJwks(uri).catch(() => undefined);
      if (!saved) throw error;
      loaded = loadedFrom(saved.jwks, Math.min(saved.at, now()));
    }
  }

  /** One question at a time, however many wait for the answer. */
  const refresh = () =>
    (flight ??= load().finally(() => {
      flight = undefined;
    }));

  const cooledDown = () => now() - askedAt >= COOLDOWN_MS;
  const youngerThan = (ms: number) => loaded !== undefined && now() - loaded.at < ms;

  async function current(): Promise<Loaded> {
    if (!youngerThan(FRESH_MS) && (loaded === undefined || flight || cooledDown())) {
      // Whatever went wrong, there is no new set; its message may quote an address or an answer.
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
      throw tokenRefused('token_unknown_key'); // two keys of one name, or one that is no key at all
    }
  }

  return {
    async find(header) {
      const known = await current();
      const key = await pick(known, header);
      if (key) return key;
      // Perhaps a new key. Strangers can make up names all day, so the issuer is asked once per cooldown.
      if (flight || cooledDown()) await refresh().catch(() => undefined);
      const renewed = await current();
      const found = renewed === known ? undefined : await pick(renewed, header);
      if (!found) throw tokenRefused('token_unknown_key');
      return found;
    },
  };
}
