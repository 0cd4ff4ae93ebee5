// How a key leaves the vault: into one callback, for one call, on its owner's behalf.
import type { Kid, ProviderId, Uid } from '#shared/core/ids.ts';
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

/** One value of a key. It holds no secret: `open` reveals it. */
type Openable = {
  readonly ver: number;
  /** @throws {AppError} `integrity_failed` when the row was tampered with; `kms_*` when KMS fails */
  readonly open: () => Promise<KeyFrame>;
};

/** A key that may be used now. */
export type Candidate = Pick<KeyOwner, 'provider' | 'kid'> &
  Openable & {
    readonly expiresAt?: string | undefined;
    /** What the provider listed when it was last asked: at most 100. */
    readonly models?: readonly string[] | undefined;
    /** The value before the last rotation, while it is still good: for a provider that does not know the new one yet. */
    readonly previous?: Openable | undefined;
    /** Set where the credential can be renewed: when its access token lapses, in ms since the epoch. */
    readonly renewBy?: number;
    /** Why a key that the owner put before this one is passed over: this one stands in for it. */
    readonly insteadOf?: Unusable;
  };

/** The first key in the owner's order, where none may be used. */
export type NotUsable = { readonly provider: ProviderId; readonly kid: Kid; readonly because: Unusable };

export type KeyUse = {
  /**
   * The owner's usable keys in their order, of one provider or of all. The rows are read on every call: a key deleted
   * or frozen anywhere is refused here at once.
   */
  readonly candidates: (uid: Uid, provider?: ProviderId) => Promise<Candidate[]>;
  /** Asked when there was no candidate: why. Undefined where there is no key at all. */
  readonly whyNone: (uid: Uid, provider?: ProviderId) => Promise<NotUsable | undefined>;
};

export function createKeyUse(ports: { keys: KeyStore; open: OpenKey; now: () => number }): KeyUse {
  const { keys, open, now } = ports;

  /** What the provider is shown. */
  const shown = async (key: StoredKey, value: Sealed): Promise<KeyFrame> => {
    const frame = await open(key, value);
    return key.kind === 'oauth' ? { ...frame, secret: accessTokenIn(frame.secret) } : frame;
  };

  const candidateOf = (key: StoredKey, passedOver: Unusable | undefined): Candidate => {
    const { provider, kid, ver, expiresAt } = key;
    const previous = previousOf(key, now());
    return {
      provider,
      kid,
      ver,
      expiresAt,
      models: key.validation?.models,
      open: () => shown(key, key),
      ...(previous && { previous: { ver: previous.ver, open: () => shown(key, previous) } }),
      ...(key.kind === 'oauth' && { renewBy: Date.parse(key.tokenUntil ?? key.createdAt) }),
      ...(passedOver && { insteadOf: passedOver }),
    };
  };

  return {
    async candidates(uid, provider) {
      const passedOver = new Map<ProviderId, Unusable>();
      return (await keys.list(uid, provider)).flatMap((key) => {
        const because = unusableBecause(key, now());
        if (!because) return [candidateOf(key, passedOver.get(key.provider))];
        if (!passedOver.has(key.provider)) passedOver.set(key.provider, because);
        return [];
      });
    },

    async whyNone(uid, provider) {
      const [first] = await keys.list(uid, provider);
      const because = first && unusableBecause(first, now());
      return because && { provider: first.provider, kid: first.kid, because };
    },
  };
}
