// How a credential with a refresh token gets its next value: once, however many calls in however many instances ask.
import type { Deadline } from '#shared/core/deadline.ts';
import type { ProviderId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';

import { nextVersion } from './life.ts';
import type { Fingerprint, SealKey } from './new-value.ts';
import type { OpenKey } from './open-key.ts';
import type { KeyOwner, KeyStore, Sealed, StoredKey } from './stored-key.ts';
import { sealTokens, tokensIn } from './token-set.ts';

/** Port. Who holds a lease does what only one may do at a time. */
export type Leases = {
  /** @returns the lease; or whether its last holder failed and asked for rest, when it is not to be had */
  readonly take: (name: string, seconds: number) => Promise<Lease | { readonly resting: boolean }>;
};
export type Lease = {
  readonly release: () => Promise<void>;
  /** Keeps it for a while, so that nobody tries again what just failed. */
  readonly rest: (seconds: number) => Promise<void>;
};

/** `refused`: the refresh token is no good any more · `failed`: no answer, or none that says anything about it */
export type Refreshed =
  | {
      readonly kind: 'refreshed';
      readonly accessToken: Secret;
      /** Where the provider rotates it; else the old one stays good. */
      readonly refreshToken?: Secret;
      readonly lifeSeconds: number;
    }
  | { readonly kind: 'refused' | 'failed' };

/** Port. One refresh at the provider's token endpoint. Never throws: a failure is an outcome. */
export type Refresh = (provider: ProviderId, token: Secret, deadline: Deadline) => Promise<Refreshed>;

export type RenewalTrail = {
  /** Recorded before the endpoint is called. */
  readonly attempt: () => Promise<void>;
  /** The new value with its record. */
  readonly commit: (next: StoredKey, change: Write) => Promise<void>;
  /** The old value stays as it is; its owner is told. */
  readonly failed: (key: StoredKey, outcome: 'refused' | 'failed') => Promise<void>;
};

type Asked = KeyOwner & Pick<Sealed, 'ver'>;
type Call = {
  readonly deadline: Deadline;
  /** For whoever is renewing it already. */
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
  refresh: Refresh;
  /** Whether a write failed because the row has changed since it was read. */
  isLost: (error: unknown) => boolean;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
};

/** Longer than a refresh may take: a holder that died is waited for no longer. */
const LEASE_SECONDS = 30;
/** After a failure. */
const REST_SECONDS = 60;
const POLL_MS = 200;
const POLLS = 40;
/** Somebody relabels the key at the same moment: the new tokens must not be lost for that. */
const WRITES = 3;

const find = async (keys: KeyStore, { uid, provider, kid }: KeyOwner): Promise<StoredKey | undefined> =>
  (await keys.list(uid, provider)).find((key) => key.kid === kid);

/** Puts the next value in place. Reads the row again for each try: what else changed on it stays changed. */
function createNextValue(ports: Pick<Ports, 'keys' | 'isLost' | 'now'>) {
  const { keys, isLost, now } = ports;
  return async (
    from: StoredKey,
    value: Sealed & { tokenUntil: string },
    trail: RenewalTrail,
  ): Promise<void> => {
    for (let tried = 1; ; tried += 1) {
      const key = tried === 1 ? from : await find(keys, from);
      if (key?.ver !== from.ver) return; // deleted, or given another value by its owner
      const { validation: _stale, prev: _dead, ...rest } = key;
      const next = { ...rest, ...value, rotatedAt: new Date(now()).toISOString(), rv: key.rv + 1 };
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
  const { keys, open, seal, fingerprint, leases, refresh, now, sleep } = ports;

  const current = ({ uid, provider, kid }: KeyOwner) => find(keys, { uid, provider, kid });
  const store = createNextValue(ports);

  async function renewHeld(key: StoredKey, { deadline, trail }: Call): Promise<Result> {
    const tokens = tokensIn((await open(key, key)).secret);
    await trail.attempt();
    const outcome = await refresh(key.provider, tokens.refreshToken, deadline);
    if (outcome.kind !== 'refreshed') {
      await trail.failed(key, outcome.kind);
      return outcome.kind;
    }
    const { accessToken, refreshToken = tokens.refreshToken, lifeSeconds } = outcome;
    const fp = await fingerprint(accessToken);
    const id = { ...key, ver: nextVersion(key) };
    const sealed = await sealTokens(seal, id, { tokens: { accessToken, refreshToken }, fp });
    const tokenUntil = new Date(now() + lifeSeconds * 1000).toISOString();
    await store(key, { ...sealed, tokenUntil }, trail);
    return 'renewed';
  }

  async function withLease(asked: Asked, lease: Lease, call: Call): Promise<Result> {
    let result: Result = 'failed';
    try {
      const key = await current(asked);
      result = key?.ver === asked.ver ? await renewHeld(key, call) : 'renewed';
      return result;
    } finally {
      await (result === 'renewed' ? lease.release() : lease.rest(REST_SECONDS));
    }
  }

  return async (asked, call) => {
    for (let poll = 0; poll < POLLS && call.deadline.remainingMs() > POLL_MS; poll += 1) {
      const lease = await leases.take(`RENEW#${asked.uid}#${asked.kid}`, LEASE_SECONDS);
      if ('release' in lease) return withLease(asked, lease, call);
      if (lease.resting) return 'failed';
      if (!call.wait) break;
      await sleep(POLL_MS);
      const key = await current(asked);
      if (key?.ver !== asked.ver) return 'renewed';
    }
    return 'busy';
  };
}
