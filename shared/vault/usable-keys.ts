// Use of keys: the secret is passed to one callback, for one call, on behalf of its owner.
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { KeyFrame } from '#shared/crypto/frame.ts';

import type { OpenKey } from './open-key.ts';
import {
  type KeyOwner,
  type KeyStore,
  previousOf,
  type Sealed,
  type StoredKey,
  type Unusable,
  unusableBecause,
} from './stored-key.ts';
import { accessTokenIn } from './token-set.ts';

/** One value of a key. It holds no secret: `open` decrypts it. */
type Openable = {
  readonly version: number;
  /** @throws {AppError} `integrity_failed` if the row was tampered with; `kms_*` if KMS fails */
  readonly open: () => Promise<KeyFrame>;
};

/** Key that may be used now. */
export type Candidate = Pick<KeyOwner, 'provider' | 'kid'> &
  Openable & {
    readonly expiresAt?: string | undefined;
    /** Models listed by the provider at the last validation: at most 100. */
    readonly models?: readonly string[] | undefined;
    /** Previous value during its grace period, for a provider that does not accept the new one yet. */
    readonly previous?: Openable | undefined;
    /** Set for a renewable credential: expiry of its access token, in ms since the epoch. */
    readonly renewBy?: number;
    /** Reason why a preceding key in the owner's order was skipped in favour of this one. */
    readonly insteadOf?: Unusable;
  };

/** First key in the owner's order, if none is usable. */
export type NotUsable = { readonly provider: ProviderId; readonly kid: Kid; readonly because: Unusable };

export type UsableKeys = {
  /**
   * The owner's usable keys in their order, of one provider or of all. Rows are read on every call: a deleted or frozen
   * key is excluded immediately.
   */
  readonly candidates: (ownerId: OwnerId, provider?: ProviderId) => Promise<Candidate[]>;
  /** Reason for the absence of candidates. Undefined if there is no key at all. */
  readonly whyNone: (ownerId: OwnerId, provider?: ProviderId) => Promise<NotUsable | undefined>;
};

export function createUsableKeys(ports: { keys: KeyStore; open: OpenKey; now: () => number }): UsableKeys {
  const { keys, open, now } = ports;

  /** Secret part that is sent to the provider. */
  const shown = async (key: StoredKey, value: Sealed): Promise<KeyFrame> => {
    const frame = await open(key, value);
    return key.kind === 'oauth' ? { ...frame, secret: accessTokenIn(frame.secret) } : frame;
  };

  const toCandidate = (key: StoredKey, passedOver: Unusable | undefined): Candidate => {
    const { provider, kid, version, expiresAt } = key;
    const previous = previousOf(key, now());
    return {
      provider,
      kid,
      version,
      expiresAt,
      models: key.validation?.models,
      open: () => shown(key, key),
      ...(previous && { previous: { version: previous.version, open: () => shown(key, previous) } }),
      ...(key.kind === 'oauth' && { renewBy: Date.parse(key.tokenUntil ?? key.createdAt) }),
      ...(passedOver && { insteadOf: passedOver }),
    };
  };

  return {
    async candidates(ownerId, provider) {
      const passedOver = new Map<ProviderId, Unusable>();
      return (await keys.list(ownerId, provider)).flatMap((key) => {
        const because = unusableBecause(key, now());
        if (!because) return [toCandidate(key, passedOver.get(key.provider))];
        if (!passedOver.has(key.provider)) passedOver.set(key.provider, because);
        return [];
      });
    },

    async whyNone(ownerId, provider) {
      const [first] = await keys.list(ownerId, provider);
      const because = first && unusableBecause(first, now());
      return because && { provider: first.provider, kid: first.kid, because };
    },
  };
}
