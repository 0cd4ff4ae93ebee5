import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { createOutageHandler, type Transition } from '#shared/resilience/outage-handler.ts';
import type { BreakerStore } from '#shared/resilience/upstream.ts';
import { CLOSED_LAG_MS, createUpstreamGuard, OPEN_LAG_MS } from '#shared/resilience/upstream-guard.ts';

import { memoryBreakers } from './memory-breakers.ts';

const TARGET = { group: 'providers', name: 'openai', provider: 'openai', title: 'OpenAI' };
const ERRORS = {
  down: new AppError('upstream_failed', 'x', { upstream_status: 503 }),
  unreachable: new AppError('upstream_unreachable'),
  refused: new AppError('upstream_refused', 'x', { upstream_status: 400 }),
  busy: new AppError('rate_limited', 'x', { retry_after_seconds: 1 }),
  busyForLong: new AppError('rate_limited', 'x', { retry_after_seconds: 60 }),
};

/** A clock, one upstream that fails as told, and guards on one store: each stands for an instance. */
function world({ store = memoryBreakers() }: { store?: BreakerStore } = {}) {
  const clock = { ms: 1_000_000, random: 0 };
  const transitions: Transition[] = [];
  const upstream = { fails: undefined as AppError | undefined, takesMs: 0, requests: 0 };
  const pauses: number[] = [];
  let reads = 0;
  const counting: BreakerStore = {
    ...store,
    list(group) {
      reads += 1;
      return store.list(group);
    },
  };
  const instance = () => {
    const guard = createUpstreamGuard({
      store: counting,
      outages: (own) =>
        createOutageHandler({
          ...own,
          store: counting,
          now: () => clock.ms,
          random: () => clock.random,
          announce(transition) {
            transitions.push(transition);
            return [];
          },
        }),
      now: () => clock.ms,
      wait: async (ms) => void pauses.push(ms),
    });
    const call = async (
      owner = 'alice',
      { remainingMs = 30_000, isRepeatable = true, target = TARGET } = {},
    ) => {
      const deadline = { signal: new AbortController().signal, remainingMs: () => remainingMs };
      try {
        return await guard.run(target, { owner, requestId: 'r', deadline }, (send) =>
          send(
            async () => {
              upstream.requests += 1;
              clock.ms += upstream.takesMs;
              if (upstream.fails) throw upstream.fails;
              return 'answered';
            },
            { isRepeatable },
          ),
        );
      } catch (error) {
        return (error as AppError).code;
      }
    };
    return { guard, call };
  };
  const pass = (ms: number) => void (clock.ms += ms);
  /** Fails for two owners until the breaker is open. */
  const open = async () => {
    upstream.fails = ERRORS.down;
    const one = instance();
    for (let n = 0; n < 6; n += 1) await one.call(n % 2 ? 'alice' : 'bob', { isRepeatable: false });
    return one;
  };
  return { instance, upstream, transitions, pauses, clock, reads: () => reads, pass, open };
}

describe('a circuit breaker', () => {
  it('is read once in five seconds while its upstream answers', async () => {
    const { instance, reads, pass } = world();
    const { call } = instance();
    for (let n = 0; n < 100; n += 1) await call();
    expect(reads()).toBe(1);
    pass(CLOSED_LAG_MS);
    await call();
    expect(reads()).toBe(2);
  });

  it('opens after five failures of two owners, and then no request is sent', async () => {
    const { open, upstream, transitions } = world();
    const { call } = await open();
    expect(upstream.requests).toBe(5);
    expect(await call('carol')).toBe('upstream_unavailable');
    expect(upstream.requests).toBe(5);
    expect(transitions.map(({ kind }) => kind)).toEqual(['opened']);
  });

  it('opens for the one owner whose requests alone fail', async () => {
    const { instance, upstream } = world();
    const { call } = instance();
    upstream.fails = ERRORS.down;
    for (let n = 0; n < 6; n += 1) await call('alice', { isRepeatable: false });
    expect(await call('alice')).toBe('upstream_unavailable');
    upstream.fails = undefined;
    expect(await call('bob')).toBe('answered');
  });

  it('opens for everyone once another owner fails too', async () => {
    const { instance, upstream } = world();
    const { call } = instance();
    upstream.fails = ERRORS.down;
    for (let n = 0; n < 5; n += 1) await call('alice', { isRepeatable: false });
    expect(await call('bob', { isRepeatable: false })).toBe('upstream_failed');
    expect(await call('carol')).toBe('upstream_unavailable');
  });

  it('stays closed while more calls succeed than fail', async () => {
    const { instance, upstream } = world();
    const { call } = instance();
    for (let n = 0; n < 10; n += 1) {
      upstream.fails = undefined;
      for (let m = 0; m < 3; m += 1) await call();
      upstream.fails = ERRORS.down;
      expect(await call(n % 2 ? 'alice' : 'bob', { isRepeatable: false })).toBe('upstream_failed');
    }
  });

  it.each([
    ['a rejected request', ERRORS.refused, 0],
    ['a rate limit', ERRORS.busyForLong, 0],
    ['a timeout that its caller chose', new AppError('upstream_timeout'), 1000],
    ['an error of ours', new AppError('kms_unavailable'), 0],
  ])('does not count %s', async (_what, error, takesMs) => {
    const { instance, upstream } = world();
    const { call } = instance();
    Object.assign(upstream, { fails: error, takesMs });
    for (let n = 0; n < 20; n += 1) expect(await call(n % 2 ? 'alice' : 'bob')).toBe(error.code);
  });

  it.each([
    ['an unreachable upstream', ERRORS.unreachable, 0],
    ['an upstream that lets its callers wait', new AppError('upstream_timeout'), 5000],
  ])('counts %s', async (_what, error, takesMs) => {
    const { instance, upstream } = world();
    const { call } = instance();
    Object.assign(upstream, { fails: error, takesMs });
    for (let n = 0; n < 5; n += 1) await call(n % 2 ? 'alice' : 'bob', { isRepeatable: false });
    expect(await call()).toBe('upstream_unavailable');
  });

  it('opens although an instance has served many calls before', async () => {
    const { instance, upstream, pass } = world();
    const { call } = instance();
    for (let n = 0; n < 1000; n += 1) {
      await call();
      pass(500);
    }
    upstream.fails = ERRORS.down;
    const codes: string[] = [];
    for (let n = 0; n < 12; n += 1) codes.push(await call(n % 2 ? 'alice' : 'bob', { isRepeatable: false }));
    expect(codes.at(-1)).toBe('upstream_unavailable');
  });

  it('is known to other instances within its lag', async () => {
    const { open, instance, pass, upstream } = world();
    const other = instance();
    await other.call();
    await open();
    const before = upstream.requests;
    pass(CLOSED_LAG_MS);
    await Promise.all(Array.from({ length: 20 }, () => other.call()));
    expect(upstream.requests).toBe(before + 1); // the probe
  });

  it('admits one probe of many instances, and closes for all after its success', async () => {
    const { open, instance, upstream, pass, transitions } = world();
    await open();
    const others = Array.from({ length: 20 }, () => instance());
    pass(1000);
    upstream.fails = undefined;
    upstream.requests = 0;
    const codes = await Promise.all(others.map(({ call }) => call()));
    // One probes. Who lost the probe was rejected, or found the breaker closed already.
    expect(codes.filter((code) => code === 'answered').length).toBeGreaterThan(0);
    expect(transitions.map(({ kind }) => kind)).toEqual(['opened', 'closed']);
    pass(OPEN_LAG_MS);
    expect(new Set(await Promise.all(others.map(({ call }) => call())))).toEqual(new Set(['answered']));
  });

  it('sends one request only while a probe is on its way, whichever instances are asked', async () => {
    const { open, instance, upstream, pass } = world();
    await open();
    pass(1000);
    upstream.requests = 0;
    const { guard } = instance();
    const deadline = { signal: new AbortController().signal, remainingMs: () => 30_000 };
    const answer = Promise.withResolvers<string>();
    const sent = Promise.withResolvers<void>();
    const probing = guard.run(TARGET, { owner: 'dora', requestId: 'p', deadline }, (send) =>
      send(() => {
        sent.resolve();
        return answer.promise;
      }),
    );
    await sent.promise;
    const codes = await Promise.all(Array.from({ length: 10 }, () => instance().call()));
    expect(new Set(codes)).toEqual(new Set(['upstream_unavailable']));
    expect(upstream.requests).toBe(0);
    pass(5000); // its holder is gone, as far as anybody knows
    expect(await instance().call()).toBe('upstream_failed');
    answer.resolve('late');
    await probing;
    upstream.fails = undefined;
    expect(await instance().call()).toBe('answered'); // an answer is an answer, however late
  });

  it('waits longer after each failed probe, three seconds at most', async () => {
    const { open, upstream, pass, instance } = world();
    await open();
    const waits: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const before = upstream.requests;
      let waited = 0;
      while (upstream.requests === before && waited < 10_000) {
        pass(50);
        waited += 50;
        await instance().call();
      }
      waits.push(waited);
    }
    expect(waits).toEqual([750, 1500, 2250, 2250, 2250]);
  });

  it('gives a probe back whose caller is rejected before anything is sent', async () => {
    const { open, instance, upstream, pass } = world();
    await open();
    pass(1000);
    upstream.fails = undefined;
    const { guard } = instance();
    const deadline = { signal: new AbortController().signal, remainingMs: () => 30_000 };
    const rejected = guard.run(TARGET, { owner: 'dora', requestId: 'p', deadline }, async () => {
      throw new AppError('budget_exceeded');
    });
    await expect(rejected).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(await instance().call()).toBe('answered');
  });

  it('works within an instance while its store fails', async () => {
    const failing: BreakerStore = {
      list: () => Promise.reject(new Error('down')),
      replace: () => Promise.reject(new Error('down')),
    };
    const { instance, upstream, pass } = world({ store: failing });
    const { call } = instance();
    expect(await call()).toBe('answered');
    upstream.fails = ERRORS.down;
    for (let n = 0; n < 6; n += 1) await call(n % 2 ? 'alice' : 'bob', { isRepeatable: false });
    expect(await call()).toBe('upstream_unavailable');
    pass(1000);
    upstream.fails = undefined;
    expect(await call()).toBe('answered');
  });

  it('of one upstream says nothing of another', async () => {
    const { open } = world();
    const { call } = await open();
    expect(await call('alice', { target: { ...TARGET, name: 'anthropic' } })).toBe('upstream_failed');
  });
});

const requestsFor = async (error: AppError, options = {}) => {
  const { instance, upstream, pauses, clock } = world();
  Object.assign(clock, { random: 1 });
  upstream.fails = error;
  await instance().call('alice', options);
  return { requests: upstream.requests, pauses };
};

describe('a retry', () => {
  it('follows a failure that passes, with full jitter', async () => {
    expect(await requestsFor(ERRORS.down)).toEqual({ requests: 2, pauses: [200] });
    expect(await requestsFor(ERRORS.unreachable)).toMatchObject({ requests: 2 });
  });

  it('follows a stated Retry-After, with jitter, unless it is long', async () => {
    expect(await requestsFor(ERRORS.busy)).toEqual({ requests: 2, pauses: [1250] });
    expect(await requestsFor(ERRORS.busyForLong)).toMatchObject({ requests: 1 });
  });

  it('is not made for a rejection, for a request with effects, or without time', async () => {
    expect(await requestsFor(ERRORS.refused)).toMatchObject({ requests: 1 });
    expect(await requestsFor(ERRORS.down, { isRepeatable: false })).toMatchObject({ requests: 1 });
    expect(await requestsFor(ERRORS.down, { remainingMs: 1100 })).toMatchObject({ requests: 1 });
  });

  it('is made for a tenth of the calls at most, and the first one', async () => {
    const { instance, upstream, pass } = world();
    const { call } = instance();
    for (let n = 0; n < 200; n += 1) {
      upstream.fails = n % 2 ? ERRORS.busy : undefined;
      await call();
      pass(1);
    }
    expect(upstream.requests).toBeLessThanOrEqual(200 * 1.1 + 1);
    expect(upstream.requests).toBeGreaterThan(215);
  });
});
