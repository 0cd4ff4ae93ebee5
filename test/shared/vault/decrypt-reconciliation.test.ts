import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Kid, OwnerId } from '#shared/core/ids.ts';
import { routes } from '#functions/routes.ts';
import {
  type Account,
  LONGEST_CALL_MS,
  type Opening,
  reconcileDecrypts,
} from '#shared/vault/decrypt-reconciliation.ts';

const alice = 'a'.repeat(27) as OwnerId;
const bob = 'b'.repeat(27) as OwnerId;
const kid = 'k'.repeat(22) as Kid;
const NOON = Date.UTC(2026, 5, 1, 12);

const opening = (seconds: number, more: Partial<Opening> = {}): Opening => ({
  ownerId: alice,
  provider: 'openai',
  kid,
  version: 1,
  ...more,
  atMs: NOON + seconds * 1000,
});
const receipt = (seconds: number, more: Partial<Opening & { sinceMs: number }> = {}): Account => ({
  kind: 'receipt',
  ...opening(seconds, more),
});
const attempt = (seconds: number, ownerId = alice, provider?: string): Account => ({
  kind: 'attempt',
  ownerId,
  provider,
  atMs: NOON + seconds * 1000,
});

it('the longest call is the longest timeout of a function that decrypts keys', () => {
  const using = routes.filter(({ needs }) => (needs as readonly string[]).includes('vault:use'));
  const seconds = using.map((route) => ('timeoutSeconds' in route ? (route.timeoutSeconds ?? 0) : 0));
  expect(Math.max(...seconds) * 1000).toBe(LONGEST_CALL_MS);
});

describe('a Decrypt event in the KMS log', () => {
  it('is matched by the receipt of its call', () => {
    const report = reconcileDecrypts([opening(0)], [receipt(20)]);
    expect(report).toEqual({ openings: 1, matched: 1, possible: 0, unmatched: [], unproven: 0 });
  });

  it('is matched by the receipt of a stream that lasts as long as its function may', () => {
    for (const known of [{}, { sinceMs: NOON - 2000 }]) {
      const report = reconcileDecrypts([opening(0)], [receipt(295, known)]);
      expect(report).toMatchObject({ matched: 1, unmatched: [], unproven: 0 });
    }
  });

  it('is possible if the attempt of a stream that lasts as long as its function may has no outcome', () => {
    expect(reconcileDecrypts([opening(295)], [attempt(0)])).toMatchObject({ possible: 1, unmatched: [] });
  });

  it.each([
    ['no receipt at all', []],
    ['a receipt that was written before', [receipt(-30)]],
    ['a receipt longer after than any call lasts', [receipt(330)]],
    ['a receipt of a call that began later', [receipt(40, { sinceMs: NOON + 30_000 })]],
    ['a receipt of another version', [receipt(1, { version: 2 })]],
    ['a receipt of another key', [receipt(1, { kid: 'x'.repeat(22) as Kid })]],
    ['a receipt of another owner', [receipt(1, { ownerId: bob })]],
    ['an attempt of another owner', [attempt(-1, bob)]],
    ['an attempt that began later', [attempt(30)]],
    ['an attempt with another provider', [attempt(-1, alice, 'anthropic')]],
  ])('is an incident with %s', (_name, accounts) => {
    expect(reconcileDecrypts([opening(0)], accounts).unmatched).toEqual([opening(0)]);
  });

  it('is possible, not an incident, if only an attempt without an outcome matches', () => {
    for (const beside of [attempt(-1), attempt(-1, alice, 'openai')]) {
      const report = reconcileDecrypts([opening(0)], [beside]);
      expect(report).toMatchObject({ matched: 0, possible: 1, unmatched: [] });
    }
  });

  it('needs a receipt of its own: one receipt does not match two events', () => {
    const report = reconcileDecrypts([opening(0), opening(1)], [receipt(2)]);
    expect(report).toMatchObject({ matched: 1, unmatched: [opening(1)] });
  });

  it('shares an attempt with events of other keys, because a call may try several', () => {
    const other = opening(1, { kid: 'x'.repeat(22) as Kid });
    expect(reconcileDecrypts([opening(0), other], [attempt(-1)])).toMatchObject({
      possible: 2,
      unmatched: [],
    });
    expect(reconcileDecrypts([opening(0), opening(1)], [attempt(-1)]).unmatched).toHaveLength(1);
  });
});

describe('a receipt', () => {
  it('needs no Decrypt event of its own while the data key is cached', () => {
    const receipts = Array.from({ length: 50 }, (_, n) => receipt(n + 1));
    expect(reconcileDecrypts([opening(0)], receipts)).toMatchObject({ matched: 1, unproven: 0 });
  });

  it('long after the last Decrypt event is counted, because one of the two logs has a gap', () => {
    expect(reconcileDecrypts([opening(0)], [receipt(1), receipt(400)])).toMatchObject({ unproven: 1 });
    const later = receipt(200, { sinceMs: NOON + 190_000 });
    expect(reconcileDecrypts([opening(0)], [receipt(1), later])).toMatchObject({ unproven: 1 });
  });
});

describe('a crashed call between two others', () => {
  it('is explained by its attempt, so that each later event keeps its own receipt', () => {
    const report = reconcileDecrypts(
      [opening(0), opening(2), opening(66)],
      [attempt(0), receipt(2.001), receipt(66.001)],
    );
    expect(report).toMatchObject({ matched: 2, possible: 1, unmatched: [] });
  });
});

describe('a day without manipulation', () => {
  /** Calls of one instance with the data-key cache's own rule: opened again after a minute. */
  const calls = fc.array(
    fc.record({
      instance: fc.integer({ min: 0, max: 3 }),
      startMs: fc.integer({ min: 0, max: 3_600_000 }),
      lastsMs: fc.integer({ min: 1, max: 295_000 }),
      owner: fc.constantFrom(alice, bob),
      dies: fc.boolean(),
      hasAttempt: fc.boolean(),
    }),
    { maxLength: 60 },
  );

  const dayOf = (made: readonly (typeof calls extends fc.Arbitrary<infer T> ? T : never)[number][]) => {
    const loaded = new Map<string, number>();
    const openings: Opening[] = [];
    const accounts: Account[] = [];
    for (const call of made.toSorted((one, other) => one.startMs - other.startMs)) {
      const of = { ownerId: call.owner, provider: 'openai', kid, version: 1 };
      const cache = `${call.instance} ${call.owner}`;
      const age = call.startMs - (loaded.get(cache) ?? -Infinity);
      if (age >= 60_000) {
        loaded.set(cache, call.startMs);
        // CloudTrail counts whole seconds.
        openings.push({ ...of, atMs: Math.floor(call.startMs / 1000) * 1000 });
      }
      const { startMs, lastsMs } = call;
      const since = call.hasAttempt ? { sinceMs: startMs } : {};
      if (call.dies)
        accounts.push({ kind: 'attempt', ownerId: call.owner, provider: 'openai', atMs: startMs });
      else accounts.push({ kind: 'receipt', ...of, atMs: startMs + lastsMs, ...since });
    }
    return { openings, accounts };
  };

  it('has no incident, even if callers crash', () => {
    fc.assert(
      fc.property(calls, (made) => {
        const { openings, accounts } = dayOf(made);
        const report = reconcileDecrypts(openings, accounts);
        expect(report.unmatched).toEqual([]);
        expect(report.unproven).toBe(0);
        expect(report.matched + report.possible).toBe(openings.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('has exactly one incident after an additional Decrypt event of an unused key', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 4_000, max: 8_000 }), (made, seconds) => {
        const { openings, accounts } = dayOf(made);
        const stolen = { ...opening(0), atMs: seconds * 1000 };
        expect(reconcileDecrypts([...openings, stolen], accounts).unmatched).toEqual([stolen]);
      }),
      { numRuns: 1_000 },
    );
  });
});
