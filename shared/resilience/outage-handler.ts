// Failures of upstreams: changes of their circuit breakers, probes and retries.
import type { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';

import {
  afterFailedProbe,
  afterFailure,
  afterRecovery,
  newBreaker,
  withoutProbe,
  withProbe,
} from './circuit-breaker.ts';
import { type Breaker, circuitState } from './circuit-state.ts';
import { type AnswerKind, answerOf } from './failure-kind.ts';
import { retryPauseMs } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { BreakerStore, GuardedCall, KnownBreakers, Send, UpstreamTarget } from './upstream.ts';

export type Transition = {
  readonly target: UpstreamTarget;
  readonly call: Pick<GuardedCall, 'owner' | 'requestId'>;
  readonly kind: 'opened' | 'closed';
  readonly breaker: Breaker;
};

export type FailedTry = {
  readonly target: UpstreamTarget;
  readonly call: GuardedCall;
  readonly error: unknown;
  readonly elapsedMs: number;
  /** Retries made before. */
  readonly retries: number;
  readonly isRepeatable: boolean;
};

type Probe = { readonly end: (kind: AnswerKind) => Promise<void> };

export type OutageHandler = {
  /** Records a failure of the upstream. @returns the pause before a retry; undefined if there is none */
  readonly pauseAfter: (failed: FailedTry) => Promise<number | undefined>;
  /**
   * Runs work whose first request is the probe. It is not retried; further ones, as with another key, follow its success.
   * @returns undefined if another call probes
   */
  readonly probe: <T>(
    at: { target: UpstreamTarget; call: GuardedCall },
    closed: Send,
    work: (send: Send) => Promise<T>,
  ) => Promise<{ readonly value: T } | undefined>;
};

type Ports = {
  readonly store: Pick<BreakerStore, 'replace'>;
  readonly known: KnownBreakers;
  readonly budget: RetryBudget;
  /** Records of a transition, committed with it: it is announced once. */
  readonly announce: (transition: Transition) => readonly Write[];
  readonly now: () => number;
  readonly random: () => number;
};

/** Changes of others in between. Giving up loses one count of a failure that others count too. */
const TRIES = 3;

type Change = (before: Breaker) => Breaker | undefined;

function transitionIn(before: Breaker, after: Breaker): Transition['kind'] | undefined {
  const isSame = before.outage?.since === after.outage?.since;
  if (isSame) return undefined;
  return after.outage ? 'opened' : 'closed';
}

function createChanges({ store, known, announce }: Ports) {
  type Call = Transition['call'];

  /** While the store fails, the change is in force in this instance. */
  async function replace(target: UpstreamTarget, call: Call, [before, after]: [Breaker, Breaker]) {
    const kind = transitionIn(before, after);
    const breaker = after.outage ? after : before;
    const also = kind ? announce({ target, call, kind, breaker }) : [];
    try {
      return await store.replace(target.group, { before, after, also });
    } catch {
      return { saved: true } as const;
    }
  }

  /** @returns the breaker after the change; undefined if there is nothing to change any more */
  return async (target: UpstreamTarget, call: Call, rule: Change): Promise<Breaker | undefined> => {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const before = known.get(target) ?? newBreaker(target.name);
      const after = rule(before);
      if (!after) return undefined;
      const outcome = await replace(target, call, [before, after]);
      known.set(target, outcome.saved ? after : outcome.current);
      if (outcome.saved) return after;
    }
    return undefined;
  };
}

async function sendProbe<T>(request: () => Promise<T>, { end }: Probe, now: () => number): Promise<T> {
  const startedAt = now();
  try {
    const answer = await request();
    await end('answered');
    return answer;
  } catch (error) {
    await end(answerOf(error, now() - startedAt));
    throw error;
  }
}

export function createOutageHandler(ports: Ports): OutageHandler {
  const { known, budget, now, random } = ports;
  const change = createChanges(ports);

  async function takeProbe(target: UpstreamTarget, call: GuardedCall): Promise<Probe | undefined> {
    const { owner } = call;
    const isDue = (before: Breaker) => circuitState(before, { owner, now: now() }) === 'due';
    const taken = await change(target, call, (before) =>
      isDue(before) ? withProbe(before, now()) : undefined,
    );
    if (!taken?.outage) return undefined;
    const { version: fence, outage } = taken;
    const ends: Readonly<Record<AnswerKind, Change>> = {
      answered: (before) => afterRecovery(before, outage.since),
      failed: (before) => afterFailedProbe(before, { fence, now: now(), random: random() }),
      unsent: (before) => withoutProbe(before, fence),
    };
    return { end: async (kind) => void (await change(target, call, ends[kind])) };
  }

  return {
    async pauseAfter({ target, call, error, elapsedMs, retries, isRepeatable }) {
      const { owner, deadline } = call;
      const kind = answerOf(error, elapsedMs);
      if (kind === 'answered') known.succeeded(target);
      if (kind === 'failed') {
        const succeeded = known.takeSuccesses(target);
        const failure = { owner, reason: (error as AppError).code, succeeded, now: now(), random: random() };
        await change(target, call, (before) => afterFailure(before, failure));
        if (circuitState(known.get(target), { owner, now: now() }) !== 'closed') return undefined;
      }
      const pause = retryPauseMs({ error, retries, deadline, random: random() });
      if (!isRepeatable || pause === undefined || !budget.spend(target.name)) return undefined;
      call.onRetry?.({ provider: target.provider, error: error as AppError });
      return pause;
    },

    async probe({ target, call }, closed, work) {
      const taken = await takeProbe(target, call);
      if (!taken) return undefined;
      let isSent = false;
      const send: Send = (request, options) => {
        if (isSent) return closed(request, options);
        isSent = true;
        return sendProbe(request, taken, now);
      };
      try {
        return { value: await work(send) };
      } finally {
        if (!isSent) await taken.end('unsent');
      }
    },
  };
}
