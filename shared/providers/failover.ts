// The order in which an owner's keys are tried for one call, and every step taken with a key that its provider rejects.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, type Kid, type OwnerId, type ProviderId } from '#shared/core/ids.ts';
import type { Unusable } from '#shared/vault/stored-key.ts';
import type { Candidate, UsableKeys } from '#shared/vault/usable-keys.ts';

import type { Rejection, Verdict } from './provider-error.ts';

/** One value of one key: its current one, or the one before the last rotation. */
export type KeyValue = Pick<Candidate, 'provider' | 'kid' | 'version' | 'open'>;

export type KeyName = Pick<KeyValue, 'kid' | 'version'> & {
  readonly ownerId: OwnerId;
  readonly provider: ProviderId;
};

/** The call that a change of a key is traced to. */
export type OnCall = {
  readonly owner: OwnerId;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly onFailedAttempt?:
    | ((attempt: { provider: string; key_id?: string; code: string }) => void)
    | undefined;
};

/**
 * `renewed`: the row has another value now · `refused`: the provider will not renew this credential any more ·
 * `failed`: not now · `busy`: another call is renewing it
 */
export type Renewed = 'renewed' | 'refused' | 'failed' | 'busy';

/** Port. Each is done once, however many calls request it at the same time. */
export type KeyHealth = {
  /** Makes the next value of a credential. `wait`: until a renewal under way ends, because this value is unusable. */
  readonly renew: (key: KeyName, call: OnCall & { readonly wait: boolean }) => Promise<Renewed>;
  /** The provider rejects this value: the key is marked, and its owner notified. */
  readonly markInvalid: (key: KeyName, call: OnCall) => Promise<void>;
  /** The provider rejects this value but takes the one before it: the owner is notified. */
  readonly markSuspect: (key: KeyName, call: OnCall) => Promise<void>;
};

/** Sends the call with one value of a key. */
export type Attempt<T> = (value: KeyValue) => Promise<Verdict<T>>;

export type Served<T> = {
  readonly value: T;
  /** `backup_key`: not the value that its owner put first, for the `reason` beside it. */
  readonly mode: 'live' | 'backup_key';
  readonly reason?: Rejection | `key_${Unusable}` | 'rotated_key_rejected';
};

/** `previous`: answered on the value before the last rotation. */
type Outcome<T> = Verdict<T> & { readonly previous?: true };
type Rejected = Exclude<Verdict<unknown>, { kind: 'answered' }>;

/** Upstream calls for one request, all keys together: the values used must fit into the request's record. */
const MAX_CALLS = 12;
/** An access token that expires within this time is renewed before use. */
const RENEW_AHEAD_MS = 60_000;

const rejectsKey = ({ kind }: Verdict<unknown>) => kind === 'key_rejected' || kind === 'key_forbidden';

export type KeySteps<T> = {
  readonly attempt: Attempt<T>;
  /** The key as it is now; undefined when it may not be used any more. */
  readonly reread: () => Promise<Candidate | undefined>;
  readonly health: KeyHealth;
  readonly call: OnCall;
  readonly now: () => number;
};

/** Everything that can be done with one key before the next one is tried. Every step makes at most one upstream call. */
export function createKeySteps<T>({ attempt, reread, health, call, now }: KeySteps<T>) {
  let renewal: Renewed | undefined;
  const toKeyName = ({ provider, kid, version }: Candidate): KeyName => ({
    ownerId: call.owner,
    provider,
    kid,
    version,
  });

  /** The next value of a credential, requested once in a call. */
  async function renewed(key: Candidate, wait: boolean): Promise<Candidate | undefined> {
    if (key.renewBy === undefined || (renewal !== undefined && renewal !== 'busy')) return undefined;
    renewal = await health.renew(toKeyName(key), { ...call, wait });
    const fresh = renewal === 'renewed' ? await reread() : undefined;
    return fresh?.version === key.version ? undefined : fresh;
  }

  async function renewedAhead(key: Candidate): Promise<Candidate> {
    const { renewBy = Infinity } = key;
    const expiring = renewBy - now() <= RENEW_AHEAD_MS;
    return (expiring ? await renewed(key, renewBy <= now()) : undefined) ?? key;
  }

  /** Usable for a quarter of an hour after a rotation: the new value may be the wrong one. */
  async function withPrevious(key: Candidate, tried: number): Promise<Outcome<T> | undefined> {
    const { previous } = key;
    if (!previous || previous.version === tried) return undefined;
    const outcome = await attempt({ ...key, ...previous });
    if (outcome.kind !== 'answered') return undefined;
    await health.markSuspect(toKeyName(key), call);
    return { ...outcome, previous: true };
  }

  async function withRenewed(key: Candidate, rejected: Verdict<T>): Promise<Outcome<T>> {
    const next = await renewed(key, true);
    const verdict = next ? await attempt(next) : rejected;
    // A renewal that failed for now may succeed later: the key stays.
    const later = renewal === 'failed' || renewal === 'busy';
    if (verdict.kind === 'key_rejected' && !later) await health.markInvalid(toKeyName(next ?? key), call);
    return verdict;
  }

  return async (candidate: Candidate): Promise<Outcome<T>> => {
    const first = await renewedAhead(candidate);
    const rejected = await attempt(first);
    if (!rejectsKey(rejected)) return rejected;
    const key = await reread();
    if (!key) return rejected; // deleted, frozen or marked since
    const verdict = key.version === first.version ? rejected : await attempt(key); // rotated since
    if (!rejectsKey(verdict)) return verdict;
    const saved = await withPrevious(key, first.version);
    if (saved) return saved;
    // Forbidden: the provider knows the key, so it is neither stale nor revoked.
    return verdict.kind === 'key_forbidden' ? verdict : withRenewed(key, verdict);
  };
}

/** Why the answer did not come from the owner's first key. */
function fallbackReason(outcome: Outcome<unknown>, rejected: Rejected | undefined, { insteadOf }: Candidate) {
  if (outcome.previous) return 'rotated_key_rejected';
  return rejected?.kind ?? (insteadOf && (`key_${insteadOf}` as const));
}

/** @param ports.now decides when an access token is renewed ahead of its expiry */
export function createFailover(ports: { vault: UsableKeys; health: KeyHealth; now: () => number }) {
  const { vault, health, now } = ports;
  /**
   * Serves one call with the first of these keys, all of one provider, that the provider takes.
   * @throws {AppError} the rejection of the first key, when none is taken
   */
  return async <T>(
    keys: readonly [Candidate, ...Candidate[]],
    send: Attempt<T>,
    call: OnCall,
  ): Promise<Served<T>> => {
    const [first] = keys;
    const done = new Set<Kid>();
    let list: readonly Candidate[] = keys;
    let calls = 0;
    let rejected: Rejected | undefined;
    const failure = () => rejected?.error ?? new AppError('key_rejected');

    const attempt: Attempt<T> = async (value) => {
      calls += 1;
      if (calls > MAX_CALLS) throw failure();
      return send(value);
    };
    const rereadOf = (kid: Kid) => async () => {
      const present = await vault.candidates(call.owner, first.provider);
      list = present.filter((key) => keys.some((offered) => offered.kid === key.kid));
      return list.find((key) => key.kid === kid);
    };

    for (;;) {
      const key = list.find(({ kid }) => !done.has(kid));
      if (!key) throw failure();
      done.add(key.kid);
      const steps = createKeySteps({ attempt, reread: rereadOf(key.kid), health, call, now });
      const outcome = await steps(key);
      if (outcome.kind === 'answered') {
        const reason = fallbackReason(outcome, rejected, first);
        return { value: outcome.value, mode: reason ? 'backup_key' : 'live', ...(reason && { reason }) };
      }
      rejected ??= outcome;
      call.onFailedAttempt?.({
        provider: key.provider,
        key_id: keyIdOf(key.provider, key.kid),
        code: outcome.kind,
      });
    }
  };
}
