import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { createEntryCodec } from '#shared/cache/entry.ts';
import type { CacheEvent, CacheMiss, CacheRequest } from '#shared/cache/lookup.ts';
import { createMemoryTier } from '#shared/cache/memory-tier.ts';
import { createResponseCache } from '#shared/cache/response-cache.ts';
import { ALL_SCOPES, type CacheStore } from '#shared/cache/store.ts';
import type { TamperedEntry } from '#shared/cache/tiers.ts';

import { memoryCacheStore } from './memory-cache-store.ts';

const NAMES = randomBytes(32);
const VALUES = randomBytes(32);
const OWNER = 'a'.repeat(27);

type StageOptions = {
  readonly remainingMs?: number;
  /** Operations of the store that fail. */
  readonly broken?: Partial<CacheStore>;
  /** Milliseconds by which a wait moves the clock. */
  readonly waitMs?: number;
};

const fails = async () => {
  throw new Error('throttled');
};

/** A stage with as many instances as are made. `clock.ms` is the time of them all. */
function stage({ remainingMs = 10_000, broken = {}, waitMs = 100 }: StageOptions = {}) {
  const clock = { ms: Date.UTC(2026, 10, 22, 12) };
  const shared = memoryCacheStore();
  const events: CacheEvent[] = [];
  const reports: TamperedEntry[] = [];
  const now = () => clock.ms;
  const instance = () =>
    createResponseCache({
      store: { ...shared.store, ...broken },
      codec: createEntryCodec(VALUES),
      names: NAMES,
      memory: createMemoryTier({ maxEntries: 100, maxBytes: 1_000_000, maxAgeMs: 10_000 }, now),
      now,
      random: () => 0.5,
      // Waits take no real time; the clock moves by them.
      wait: async (ms) => {
        await sleep(0);
        clock.ms += Math.min(ms, waitMs);
      },
      observe: (event) => void events.push(event),
      reportTampering: async (found) => void reports.push(found),
    });
  const end = clock.ms + remainingMs;
  const deadline = { signal: new AbortController().signal, remainingMs: () => Math.max(0, end - clock.ms) };
  let count = 0;
  const request = (change: Partial<CacheRequest> = {}): CacheRequest => ({
    subject: { scope: OWNER, tool: 'ai_embed', definition: '1', authorisation: null, input: { text: 'a' } },
    policy: { ttlSeconds: 60, staleSeconds: 600, tags: ['keys'] },
    mode: undefined,
    deadline,
    requestId: `request ${(count += 1)}`,
    ...change,
  });
  return { ...shared, clock, events, reports, instance, request, deadline };
}

const missOf = (lookup: { kind: string }): CacheMiss => {
  if (lookup.kind !== 'miss') throw new Error(`The lookup is a ${lookup.kind}.`);
  return lookup as CacheMiss;
};

/** A stage on which one instance has stored a response. */
async function stored(change: Partial<CacheRequest> = {}, response = { text: 'first' }) {
  const here = stage();
  const cache = here.instance();
  await missOf(await cache.lookUp(here.request(change))).store(response);
  return { ...here, cache };
}

describe('the response cache', () => {
  it('answers from memory in the instance that stored, and from the store in others', async () => {
    const { cache, instance, request } = await stored();
    expect(await cache.lookUp(request())).toMatchObject({
      kind: 'hit',
      tier: 'memory',
      response: { text: 'first' },
    });
    const other = instance();
    expect(await other.lookUp(request())).toMatchObject({ kind: 'hit', tier: 'store', ageSeconds: 0 });
    expect(await other.lookUp(request())).toMatchObject({ kind: 'hit', tier: 'memory' });
  });

  it.each([
    ['scope', { scope: 'b'.repeat(27) }],
    ['tool', { tool: 'ai_chat' }],
    ['definition', { definition: '2' }],
    ['authorisation', { authorisation: ['gpt'] }],
    ['input', { input: { text: 'b' } }],
  ])('separates requests that differ in their %s', async (_name, difference) => {
    const { cache, request } = await stored();
    const { subject } = request();
    expect(await cache.lookUp(request({ subject: { ...subject, ...difference } }))).toMatchObject({
      kind: 'miss',
    });
  });

  it('treats an entry as expired at its time, and keeps it for a failing upstream until its end', async () => {
    const { instance, request, clock } = await stored();
    clock.ms += 60_000;
    const miss = missOf(await instance().lookUp(request()));
    expect(miss.stale).toEqual({ response: { text: 'first' }, ageSeconds: 60 });
    await miss.abandon();
    clock.ms += 600_000;
    expect(missOf(await instance().lookUp(request())).stale).toBeUndefined();
  });

  it('computes an expired entry again while the claim of its first computation lasts', async () => {
    const { instance, request, clock, deadline } = stage({ remainingMs: 300_000 });
    await missOf(await instance().lookUp(request())).store({ text: 'first' });
    clock.ms += 60_000;
    expect(deadline.remainingMs()).toBeGreaterThan(200_000);
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'miss' });
    expect(deadline.remainingMs()).toBeGreaterThan(200_000);
  });

  it('extends a sliding entry by its use, up to its maximum age', async () => {
    const sliding = { policy: { ttlSeconds: 60, maxSeconds: 150, staleSeconds: 0, tags: [] } };
    const { instance, request, clock } = await stored(sliding);
    for (const _use of [1, 2, 3]) {
      clock.ms += 45_000;
      expect(await instance().lookUp(request(sliding))).toMatchObject({ kind: 'hit' });
    }
    clock.ms += 15_000;
    expect(await instance().lookUp(request(sliding))).toMatchObject({ kind: 'miss' });
  });

  it.each([
    ['a tag of its policy', OWNER, 'keys'],
    ['its tool', OWNER, 'tool:ai_embed'],
    ['everything of its owner', OWNER, 'all'],
    ['its tool, for all owners', ALL_SCOPES, 'tool:ai_embed'],
    ['everything', ALL_SCOPES, 'all'],
  ])('misses after the invalidation of %s', async (_what, scope, tag) => {
    const { instance, request, invalidate, commit } = await stored();
    await commit([invalidate(scope, [tag])]);
    expect(missOf(await instance().lookUp(request())).stale).toBeUndefined();
  });

  it.each([
    ['another tag', OWNER, 'preferences'],
    ['another tool', ALL_SCOPES, 'tool:ai_chat'],
    ['everything of another owner', 'b'.repeat(27), 'all'],
  ])('answers after the invalidation of %s', async (_what, scope, tag) => {
    const { instance, request, invalidate, commit } = await stored();
    await commit([invalidate(scope, [tag])]);
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'hit' });
  });

  it('does not serve a response that was computed before an invalidation and stored after it', async () => {
    const { instance, request, invalidate, commit } = stage();
    const miss = missOf(await instance().lookUp(request()));
    await commit([invalidate(OWNER, ['keys'])]);
    await miss.store({ text: 'outdated' });
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'miss', stale: undefined });
  });

  it('follows an invalidation from another instance within the 10 s of its memory', async () => {
    const { cache, request, invalidate, commit, clock } = await stored();
    await commit([invalidate(OWNER, ['keys'])]);
    clock.ms += 9999;
    expect(await cache.lookUp(request())).toMatchObject({ kind: 'hit', tier: 'memory' });
    clock.ms += 1;
    expect(await cache.lookUp(request())).toMatchObject({ kind: 'miss' });
  });

  it.each([
    ['byte', (row: { sealed: Uint8Array }) => ({ sealed: row.sealed.with(40, (row.sealed[40] ?? 0) ^ 1) })],
    ['end', () => ({ endsAt: Number.MAX_SAFE_INTEGER })],
    ['maximum age', () => ({ maxUntil: Number.MAX_SAFE_INTEGER })],
    ['time of storing', (row: { storedAt: number }) => ({ storedAt: row.storedAt - 1 })],
  ])('counts an entry with a changed %s as a miss, and reports it', async (_what, change) => {
    const { instance, request, rows, events, reports } = await stored();
    for (const [key, row] of rows) rows.set(key, { ...row, ...change(row) });
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'miss', stale: undefined });
    expect(events).toContain('tampered');
    expect(reports).toEqual([{ scope: OWNER, tool: 'ai_embed', requestId: expect.any(String) }]);
  });

  it('does not revive an invalidated entry whose generations were changed to the current ones', async () => {
    const { instance, request, rows, events, invalidate, commit, store } = await stored();
    await commit([invalidate(OWNER, ['keys'])]);
    const { own } = await store.read({ scope: OWNER, name: 'any' });
    for (const [key, row] of rows) {
      rows.set(key, { ...row, generations: { ...row.generations, 'own:keys': own['keys'] ?? '' } });
    }
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'miss', stale: undefined });
    expect(events).toContain('tampered');
  });

  it('does not open an entry that was moved to another owner', async () => {
    const { instance, request, rows, events } = await stored();
    const { subject } = request();
    const foreign = request({ subject: { ...subject, scope: 'b'.repeat(27) } });
    const there = stage();
    await missOf(await there.instance().lookUp(foreign)).store({ text: 'other' });
    const [key] = there.rows.keys();
    const [row] = rows.values();
    if (key === undefined || !row) throw new Error('Nothing is stored.');
    rows.set(key, row);
    expect(await instance().lookUp(foreign)).toMatchObject({ kind: 'miss' });
    expect(events).toContain('tampered');
  });

  it('reads nothing for a refresh, and stores its response', async () => {
    const { cache, instance, request } = await stored();
    await missOf(await cache.lookUp(request({ mode: 'refresh' }))).store({ text: 'second' });
    expect(await instance().lookUp(request())).toMatchObject({ response: { text: 'second' } });
  });

  it('counts a claim as ended after a refresh has replaced the entry of its holder', async () => {
    const { instance, request, invalidate, commit, deadline } = await stored();
    await missOf(await instance().lookUp(request({ mode: 'refresh' }))).store({ text: 'second' });
    await commit([invalidate(OWNER, ['keys'])]);
    const before = deadline.remainingMs();
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'miss' });
    expect(deadline.remainingMs()).toBe(before);
  });

  it('goes on without a store that fails', async () => {
    const { instance, request, events } = stage({ broken: { read: fails } });
    const miss = missOf(await instance().lookUp(request()));
    await miss.store({ text: 'first' });
    expect(events).toEqual(['lost']);
  });

  it('does not wait where a claim cannot be written', async () => {
    const { instance, request, events, deadline } = stage({ broken: { claim: fails } });
    const before = deadline.remainingMs();
    await missOf(await instance().lookUp(request())).store({ text: 'first' });
    expect(deadline.remainingMs()).toBe(before);
    expect(events).toEqual(['lost', 'miss']);
  });

  it('does not remember a response that the store could not take', async () => {
    const { instance, request } = stage({ broken: { put: fails } });
    const cache = instance();
    await missOf(await cache.lookUp(request())).store({ text: 'first' });
    expect(await cache.lookUp(request())).toMatchObject({ kind: 'miss' });
  });

  it('stores a compressible response of 2 MB, and skips one that stays larger than a row', async () => {
    const { instance, request, events } = await stored({}, { text: 'word '.repeat(400_000) });
    expect(await instance().lookUp(request())).toMatchObject({ kind: 'hit' });
    const large = await stored({}, { text: randomBytes(400_000).toString('base64') });
    expect(await large.instance().lookUp(large.request())).toMatchObject({ kind: 'miss' });
    expect([events.includes('too_large'), large.events.includes('too_large')]).toEqual([false, true]);
  });
});

/** Sends `count` requests over `instances` and counts the computations. */
async function crowd({ count, instances }: { count: number; instances: number }, fail = 0) {
  const here = stage({ remainingMs: 60_000, waitMs: 0 });
  const caches = Array.from({ length: instances }, here.instance);
  let computed = 0;
  const call = async (at: number) => {
    const lookup = await caches[at % instances]!.lookUp(here.request());
    if (lookup.kind !== 'miss') return lookup.response;
    computed += 1;
    await sleep(5);
    if (computed <= fail) {
      await lookup.abandon();
      return 'failed';
    }
    await lookup.store({ text: 'computed' });
    return { text: 'computed' };
  };
  const answers = await Promise.all(Array.from({ length: count }, (_, at) => call(at)));
  return { answers, computed };
}

describe('identical requests at once', () => {
  it('are computed once in one instance', async () => {
    const { answers, computed } = await crowd({ count: 100, instances: 1 });
    expect(computed).toBe(1);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('are computed once across eight instances', async () => {
    const { answers, computed } = await crowd({ count: 200, instances: 8 });
    expect(computed).toBe(1);
    expect(answers).toHaveLength(200);
  });

  it('are computed again by the next one if the first computation fails', async () => {
    const { answers, computed } = await crowd({ count: 50, instances: 4 }, 1);
    expect(computed).toBe(2);
    expect(answers.filter((answer) => answer === 'failed')).toHaveLength(1);
  });

  it('do not wait for ever for a computation that has died', async () => {
    const here = stage({ remainingMs: 2000 });
    await here.instance().lookUp(here.request());
    const lookup = await here.instance().lookUp(here.request());
    expect(lookup).toMatchObject({ kind: 'miss' });
    expect(here.request().deadline.remainingMs()).toBeGreaterThan(0);
  });

  it('take over the claim of a computation that has died, one of them, and the others get its result', async () => {
    const here = stage({ remainingMs: 8000 });
    await here.instance().lookUp(here.request());
    const [one, other] = [here.instance(), here.instance()];
    const taken = missOf(await one.lookUp(here.request()));
    const waiting = other.lookUp(here.request());
    await sleep(5);
    await taken.store({ text: 'computed' });
    expect(await waiting).toMatchObject({ kind: 'hit', response: { text: 'computed' } });
    expect(here.events.filter((event) => event === 'miss')).toHaveLength(2);
  });

  it('do not wait once their caller has cancelled', async () => {
    const here = stage();
    await here.instance().lookUp(here.request());
    const before = here.deadline.remainingMs();
    const cancelled = { ...here.deadline, signal: AbortSignal.abort() };
    const lookup = await here.instance().lookUp(here.request({ deadline: cancelled }));
    expect(lookup).toMatchObject({ kind: 'miss' });
    expect(here.deadline.remainingMs()).toBe(before);
  });

  it('keep the later result if a computation was suspended beyond its claim', async () => {
    const here = stage({ remainingMs: 2000 });
    const suspended = missOf(await here.instance().lookUp(here.request()));
    const next = missOf(await here.instance().lookUp(here.request()));
    await next.store({ text: 'later' });
    await suspended.store({ text: 'earlier' });
    expect(await here.instance().lookUp(here.request())).toMatchObject({ response: { text: 'later' } });
  });

  it('get an expired entry if the computation takes longer than half of their time', async () => {
    const { instance, request, clock } = await stored();
    clock.ms += 60_000;
    const late = stage({ remainingMs: 1000 }).request().deadline;
    const end = clock.ms + 1000;
    const deadline = { ...late, remainingMs: () => end - clock.ms };
    await instance().lookUp(request({ deadline: { ...deadline, remainingMs: () => 60_000 } }));
    expect(await instance().lookUp(request({ deadline }))).toMatchObject({
      kind: 'stale',
      response: { text: 'first' },
    });
  });
});
