// All that can be done with one key before the next one is tried. Every step makes at most one call upstream.
import type { Candidate } from '#shared/vault/use.ts';

import type { KeyCare, KeyName, KeyValue, OnCall, Renewed } from './key-care.ts';
import type { Verdict } from './verdict.ts';

export type Ask<T> = (value: KeyValue) => Promise<Verdict<T>>;

/** `previous`: answered on the value before the last rotation. */
export type Outcome<T> = Verdict<T> & { readonly previous?: true };

/** An access token that lapses within this time is renewed before it is used. */
const RENEW_AHEAD_MS = 60_000;

const refusesKey = ({ kind }: Verdict<unknown>) => kind === 'key_rejected' || kind === 'key_forbidden';

export type KeySteps<T> = {
  readonly ask: Ask<T>;
  /** The key as it is now; undefined when it may not be used any more. */
  readonly reread: () => Promise<Candidate | undefined>;
  readonly care: KeyCare;
  readonly call: OnCall;
  readonly now: () => number;
};

export function createKeySteps<T>({ ask, reread, care, call, now }: KeySteps<T>) {
  let renewal: Renewed | undefined;
  const nameOf = ({ provider, kid, ver }: Candidate): KeyName => ({ uid: call.owner, provider, kid, ver });

  /** The next value of a credential. Asked for once in a call. */
  async function renewed(key: Candidate, wait: boolean): Promise<Candidate | undefined> {
    if (key.renewBy === undefined || (renewal !== undefined && renewal !== 'busy')) return undefined;
    renewal = await care.renew(nameOf(key), { ...call, wait });
    const fresh = renewal === 'renewed' ? await reread() : undefined;
    return fresh?.ver === key.ver ? undefined : fresh;
  }

  async function inTime(key: Candidate): Promise<Candidate> {
    const { renewBy = Infinity } = key;
    const lapses = renewBy - now() <= RENEW_AHEAD_MS;
    return (lapses ? await renewed(key, renewBy <= now()) : undefined) ?? key;
  }

  /** Usable for a quarter of an hour after a rotation: the new value may be the bad one. */
  async function withPrevious(key: Candidate, tried: number): Promise<Outcome<T> | undefined> {
    const { previous } = key;
    if (!previous || previous.ver === tried) return undefined;
    const outcome = await ask({ ...key, ...previous });
    if (outcome.kind !== 'answered') return undefined;
    await care.doubt(nameOf(key), call);
    return { ...outcome, previous: true };
  }

  async function withNextOrNever(key: Candidate, rejected: Verdict<T>): Promise<Outcome<T>> {
    const next = await renewed(key, true);
    const verdict = next ? await ask(next) : rejected;
    // What could not be renewed just now may be renewed later: no reason to give it up.
    const later = renewal === 'failed' || renewal === 'busy';
    if (verdict.kind === 'key_rejected' && !later) await care.invalidate(nameOf(next ?? key), call);
    return verdict;
  }

  return async (candidate: Candidate): Promise<Outcome<T>> => {
    const first = await inTime(candidate);
    const refused = await ask(first);
    if (!refusesKey(refused)) return refused;
    const key = await reread();
    if (!key) return refused; // deleted, frozen or marked since
    const verdict = key.ver === first.ver ? refused : await ask(key); // another value since
    if (!refusesKey(verdict)) return verdict;
    const saved = await withPrevious(key, first.ver);
    if (saved) return saved;
    // Forbidden: the provider knows the key, so it is neither stale nor dead.
    return verdict.kind === 'key_forbidden' ? verdict : withNextOrNever(key, verdict);
  };
}
