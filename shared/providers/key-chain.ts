// Which key serves a call, and what is done when the provider says no: the owner's keys in the owner's order.
import { AppError } from '#shared/core/errors.ts';
import type { Kid } from '#shared/core/ids.ts';
import type { Unusable } from '#shared/vault/stored-key.ts';
import type { Candidate, KeyUse } from '#shared/vault/use.ts';

import type { KeyCare, OnCall } from './key-care.ts';
import { type Ask, createKeySteps, type Outcome } from './key-steps.ts';
import type { Refused, Verdict } from './verdict.ts';

export type Served<T> = {
  readonly value: T;
  /** `backup_key`: not the value that its owner put first, for the `reason` beside it. */
  readonly mode: 'live' | 'backup_key';
  readonly reason?: Refused | `key_${Unusable}` | 'rotated_key_rejected';
};

type Refusal = Exclude<Verdict<unknown>, { kind: 'answered' }>;

/** Upstream calls for one request, all keys together: the values used must fit into the request's record. */
const MAX_CALLS = 12;

/** Why the answer came from elsewhere than from the owner's first key. */
function reasonOf(outcome: Outcome<unknown>, refused: Refusal | undefined, { insteadOf }: Candidate) {
  if (outcome.previous) return 'rotated_key_rejected';
  return refused?.kind ?? (insteadOf && (`key_${insteadOf}` as const));
}

/** @param ports.now for access tokens, which lapse */
export function createKeyChain({ vault, care, now }: { vault: KeyUse; care: KeyCare; now: () => number }) {
  /**
   * Serves one call with the first of these keys, all of one provider, that the provider takes.
   * @throws {AppError} the refusal of the first key, when none is taken
   */
  return async <T>(
    keys: readonly [Candidate, ...Candidate[]],
    asked: Ask<T>,
    call: OnCall,
  ): Promise<Served<T>> => {
    const [first] = keys;
    const done = new Set<Kid>();
    let list: readonly Candidate[] = keys;
    let calls = 0;
    let refused: Refusal | undefined;
    const giveUp = () => refused?.refusal ?? new AppError('key_rejected');

    const ask: Ask<T> = async (value) => {
      calls += 1;
      if (calls > MAX_CALLS) throw giveUp();
      return asked(value);
    };
    const rereadOf = (kid: Kid) => async () => {
      const present = await vault.candidates(call.owner, first.provider);
      list = present.filter((key) => keys.some((offered) => offered.kid === key.kid));
      return list.find((key) => key.kid === kid);
    };

    for (;;) {
      const key = list.find(({ kid }) => !done.has(kid));
      if (!key) throw giveUp();
      done.add(key.kid);
      const outcome = await createKeySteps({ ask, reread: rereadOf(key.kid), care, call, now })(key);
      if (outcome.kind === 'answered') {
        const reason = reasonOf(outcome, refused, first);
        return { value: outcome.value, mode: reason ? 'backup_key' : 'live', ...(reason && { reason }) };
      }
      refused ??= outcome;
    }
  };
}
