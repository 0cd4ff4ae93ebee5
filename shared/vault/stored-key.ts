import * as z from 'zod';

import { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

/** `expired` is not a status: the clock decides on each use. */
const KEY_STATUSES = ['active', 'frozen', 'invalid'] as const;

/** Last result of a validation with the provider. `unreachable` implies nothing about the key. */
const VALIDATION_OUTCOMES = ['valid', 'rejected', 'unreachable'] as const;

const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** One value of a key, replaced by rotation. */
const Sealed = z.object({
  /** Version number of the value; part of the encryption context. Never reused. */
  version: z.number().int().positive(),
  blob: Bytes,
  /** Current wrapped data key and the CMK that wraps it: both are replaced when the CMK changes. */
  wk: Bytes,
  wkArn: z.string(),
  /** First 16 bytes of SHA-256(wk). */
  wkFp: Bytes,
  last4: z.string(),
  /** Keyed fingerprint of the secret: detects duplicates and leaks, reveals nothing without the MAC key. */
  fp: Bytes,
});
export type Sealed = z.infer<typeof Sealed>;

const Validation = z.object({
  outcome: z.enum(VALIDATION_OUTCOMES),
  checkedAt: z.iso.datetime(),
  /** Models that the key may use, if the provider lists them; at most 100. */
  models: z.array(z.string()).optional(),
});
export type Validation = z.infer<typeof Validation>;

/** Fields that belong to one value of a key and are replaced with it. */
const Value = Sealed.extend({
  expiresAt: z.iso.datetime().optional(),
  validation: Validation.optional(),
});
export type Value = z.infer<typeof Value>;

/** Stored provider key: a sealed message and its wrapped data key, never plaintext. */
export const StoredKey = Value.extend({
  fmt: z.literal(1),
  ownerId: OwnerId,
  provider: ProviderId,
  kid: Kid,
  /** Value before the last rotation: usable until `until`, at most 15 minutes after it. */
  prev: Value.extend({ until: z.iso.datetime() }).optional(),
  status: z.enum(KEY_STATUSES),
  /** `oauth`: the sealed secret is a token set that can be refreshed. */
  kind: z.enum(['api_key', 'oauth']),
  /** `oauth`: expiry of the access token. The key itself does not expire; it is renewed. */
  tokenUntil: z.iso.datetime().optional(),
  label: z.string().optional(),
  /** Lowest first. */
  order: z.number().int(),
  createdAt: z.iso.datetime(),
  rotatedAt: z.iso.datetime().optional(),
  /** Row version: incremented by each write, and the condition of each change. */
  revision: z.number().int().positive(),
});
export type StoredKey = z.infer<typeof StoredKey>;

export type KeyOwner = { readonly ownerId: OwnerId; readonly provider: ProviderId; readonly kid: Kid };

/** Port. Reads are strongly consistent: a deleted key must be absent on the next call. */
export type KeyStore = {
  /** One key, by its full id. */
  readonly find: (owner: KeyOwner) => Promise<StoredKey | undefined>;
  /** All of an owner's keys, or those of one provider, in the owner's order; one query. */
  readonly list: (ownerId: OwnerId, provider?: ProviderId) => Promise<StoredKey[]>;
  /** Rejected with `conflict` if the id exists. */
  readonly insert: (key: StoredKey) => Write;
  /**
   * Rejected with `conflict` and the current state unless the stored row is at `key.revision - 1`; `not_found` if it was
   * deleted.
   */
  readonly replace: (key: StoredKey) => Write;
  /** Rejected with `not_found` if the owner has no such key. */
  readonly remove: (owner: KeyOwner) => Write;
};

/** Public fields of a key, including its last four characters and nothing else of the secret. */
export type KeySummary = {
  readonly key_id: string;
  readonly provider: string;
  readonly hint: string;
  readonly label: string | null;
  readonly status: 'active' | Unusable;
  readonly version: number;
  readonly order: number;
  readonly created_at: string;
  readonly rotated_at: string | null;
  readonly expires_at: string | null;
  /** End of the grace period in which the previous value works and can be restored. */
  readonly previous_until: string | null;
  readonly validation: {
    readonly outcome: Validation['outcome'];
    readonly checked_at: string;
    readonly models: readonly string[] | null;
  } | null;
};

export const isExpired = (key: StoredKey, nowMs: number): boolean =>
  key.expiresAt !== undefined && Date.parse(key.expiresAt) <= nowMs;

export type Unusable = 'frozen' | 'expired' | 'invalid';

type Previous = NonNullable<StoredKey['prev']>;

/** Previous value during its grace period. */
export const previousOf = ({ prev }: StoredKey, nowMs: number): Previous | undefined =>
  prev && nowMs < Date.parse(prev.until) ? prev : undefined;

/** Reason why a key cannot be used now. Precedence: frozen by the owner, expired, rejected by the provider. */
export function unusableBecause(key: StoredKey, nowMs: number): Unusable | undefined {
  if (key.status === 'frozen') return 'frozen';
  if (isExpired(key, nowMs)) return 'expired';
  return key.status === 'invalid' ? 'invalid' : undefined;
}

const validationOf = ({ validation }: StoredKey): KeySummary['validation'] =>
  validation
    ? { outcome: validation.outcome, checked_at: validation.checkedAt, models: validation.models ?? null }
    : null;

export const toKeySummary = (key: StoredKey, nowMs: number): KeySummary => ({
  key_id: `${key.provider}_${key.kid}`,
  provider: key.provider,
  hint: `…${key.last4}`,
  label: key.label ?? null,
  status: unusableBecause(key, nowMs) ?? 'active',
  version: key.version,
  order: key.order,
  created_at: key.createdAt,
  rotated_at: key.rotatedAt ?? null,
  expires_at: key.expiresAt ?? null,
  previous_until: previousOf(key, nowMs)?.until ?? null,
  validation: validationOf(key),
});

/**
 * Encryption context for KMS and the cipher. Derived from the row's *key* and version on every use, never read from the
 * sealed message: a row copied to another owner, provider or version cannot be decrypted.
 */
export const encryptionContext = (stage: string, key: KeyOwner & Pick<Sealed, 'version'>) => ({
  app: 'portunus',
  env: stage,
  purpose: 'user-api-key',
  ownerId: key.ownerId,
  provider: key.provider,
  kid: key.kid,
  version: String(key.version),
});
