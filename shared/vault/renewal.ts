// Renewal of a credential: once, for any number of concurrent calls in any number of instances.
import type { Deadline } from '#shared/core/deadline.ts';
import type { ProviderId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';

import { nextVersion } from './life.ts';
import type { Fingerprint, SealKey } from './new-value.ts';
import type { OpenKey } from './open-key.ts';
import type { KeyOwner, KeyStore, Sealed, StoredKey } from './stored-key.ts';

/** Port. Distributed lease: mutual exclusion across instances. */
export type Leases = {
  /** @returns the lease; if it is not available, whether the last holder failed and requested a pause */
  readonly take: (name: string, seconds: number) => Promise<Lease | { readonly resting: boolean }>;
};
export type Lease = {
  readonly release: () => Promise<void>;
  /** Keeps the lease for a while, so that a failed renewal is not retried at once. */
  readonly rest: (seconds: number) => Promise<void>;
};

/** `refused`: the credential can no longer be renewed · `failed`: no response, or none about the credential */
export type NextValue =
  | {
      readonly kind: 'next';
      /** Secret to store, with everything that the next renewal needs. */
      readonly secret: Secret;
      /** Part of the secret that is sent to the provider's API: hint and fingerprint are derived from it. */
      readonly shown: Secret;
      readonly lifeSeconds: number;
    }
  | { readonly kind: 'refused' | 'failed' };

/**
 * Port. Requests the successor of `current`, the sealed secret, from the provider. Provider failures are outcomes; it
 * throws only if `current` is not a renewable credential.
 */
export type AskNext = (provider: ProviderId, current: Secret, deadline: Deadline) => Promise<NextValue>;

export type RenewalTrail = {
  /** Recorded before the key is decrypted and the provider called: it accounts for both. */
  readonly attempt: () => Promise<void>;
  /** Stores the new value with its record. */
  readonly commit: (next: StoredKey, change: Write) => Promise<void>;
  /** Records the failure and notifies the owner; the old value is kept. */
  readonly failed: (key: StoredKey, outcome: 'refused' | 'failed') => Promise<void>;
};

type Asked = KeyOwner & Pick<Sealed, 'version'>;
type Call = {
  readonly deadline: Deadline;
  /** True to wait for a concurrent renewal. */
  readonly wait: boolean;
  readonly trail: RenewalTrail;
};
type Result = 'renewed' | 'refused' | 'failed';

export type Renewal = (key: Asked, call: Call) => Promise<Result | 'busy'>;

type Ports = {
  keys: KeyStore;
  open: OpenKey;
  seal: SealKey;
  fingerprint: Fingerprint;
  leases: Leases;
  askNext: AskNext;
  /** True if a write failed because the row changed after it was read. */
  isLost: (error: unknown) => boolean;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
};

/** Longer than a renewal may take: the lease of a crashed holder expires then. */
const LEASE_SECONDS = 30;
/** Pause after a failure. */
const REST_SECONDS = 60;
const POLL_MS = 200;
const POLLS = 40;
/** Attempts of the write: the new value must not be lost because of a concurrent change of the row. */
const WRITES = 3;

const find = async (keys: KeyStore, { ownerId, provider, kid }: KeyOwner): Promise<StoredKey | undefined> =>
  (await keys.list(ownerId, provider)).find((key) => key.kid === kid);

/** Stores the next value. Reads the row again for each attempt, so that concurrent changes are kept. */
function createNextValue(ports: Pick<Ports, 'keys' | 'isLost' | 'now'>) {
  const { keys, isLost, now } = ports;
  return async (
    from: StoredKey,
    value: Sealed & { tokenUntil: string },
    trail: RenewalTrail,
  ): Promise<void> => {
    for (let tried = 1; ; tried += 1) {
      const key = tried === 1 ? from : await find(keys, from);
      if (key?.version !== from.version) return; // deleted, or rotated by its owner
      const { validation: _stale, prev: _dead, ...rest } = key;
      const next = {
        ...rest,
        ...value,
        rotatedAt: new Date(now()).toISOString(),
        revision: key.revision + 1,
      };
      try {
        await trail.commit(next, keys.replace(next));
        return;
      } catch (error) {
        if (!isLost(error) || tried === WRITES) throw error;
      }
    }
  };
}

export function createRenewal(ports: Ports): Renewal {
  const { keys, open, seal, fingerprint, leases, askNext, now, sleep } = ports;

  const current = ({ ownerId, provider, kid }: KeyOwner) => find(keys, { ownerId, provider, kid });
  const store = createNextValue(ports);

  async function renewHeld(key: StoredKey, { deadline, trail }: Call): Promise<Result> {
    await trail.attempt();
    const present = await open(key, key);
    const next = await askNext(key.provider, present.secret, deadline);
    if (next.kind !== 'next') {
      await trail.failed(key, next.kind);
      return next.kind;
    }
    const { secret, shown, lifeSeconds } = next;
    const fp = await fingerprint(shown);
    const value = await seal(
      { ...key, version: nextVersion(key) },
      { secret, shown, fp, origin: present.origin },
    );
    const tokenUntil = new Date(now() + lifeSeconds * 1000).toISOString();
    await store(key, { ...value, tokenUntil }, trail);
    return 'renewed';
  }

  async function withLease(asked: Asked, lease: Lease, call: Call): Promise<Result> {
    let result: Result = 'failed';
    try {
      const key = await current(asked);
      result = key?.version === asked.version ? await renewHeld(key, call) : 'renewed';
      return result;
    } finally {
      await (result === 'renewed' ? lease.release() : lease.rest(REST_SECONDS));
    }
  }

  return async (asked, call) => {
    for (let poll = 0; poll < POLLS && call.deadline.remainingMs() > POLL_MS; poll += 1) {
      const lease = await leases.take(`RENEW#${asked.ownerId}#${asked.kid}`, LEASE_SECONDS);
      if ('release' in lease) return withLease(asked, lease, call);
      if (lease.resting) return 'failed';
      if (!call.wait) break;
      await sleep(POLL_MS);
      const key = await current(asked);
      if (key?.version !== asked.version) return 'renewed';
    }
    return 'busy';
  };
}
