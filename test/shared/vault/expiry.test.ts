import { describe, expect, it } from 'vitest';

import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { factsOf } from '#shared/providers/catalog.ts';
import {
  createExpirySweep,
  daysToSweep,
  type EndingKey,
  type Expiry,
  expiryNotice,
  expiryOf,
  type ExpiringKey,
} from '#shared/vault/expiry.ts';

const NOW = Date.parse('2026-07-01T05:15:00Z');
const DAY = 24 * 3600 * 1000;
const inDays = (days: number) => new Date(NOW + days * DAY).toISOString();

const kid = (name: string) => name as Kid;

const key = (more: Partial<EndingKey> = {}): EndingKey => ({
  ownerId: 'u'.repeat(27) as OwnerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  version: 1,
  last4: 'a1b2',
  status: 'active',
  kind: 'api_key',
  expiresAt: inDays(5),
  ...more,
});

describe('the expiry notice of a key', () => {
  it.each([
    [-400, 'expired'],
    [0, 'expired'],
    [1 / DAY, '1d'],
    [1, '1d'],
    [1 + 1 / DAY, '7d'],
    [7, '7d'],
    [7 + 1 / DAY, '30d'],
    [30, '30d'],
    [30 + 1 / DAY, undefined],
    [4000, undefined],
  ])('is, %d days before the end, %s', (days, expiry) => {
    expect(expiryOf(inDays(days), NOW)).toBe(expiry);
  });

  it('is looked for on every day from seven back to thirty ahead, past days first', () => {
    const days = daysToSweep(NOW);
    expect(days).toHaveLength(38);
    expect([days[0], days[7], days.at(-1)]).toEqual(['2026-06-24', '2026-07-01', '2026-07-31']);
    expect(days.toSorted()).toEqual(days);
  });

  it('names the page of its provider and shows only four characters', () => {
    const facts = factsOf('openai');
    expect(expiryNotice(key(), '7d', facts)).toEqual({
      ownerId: 'u'.repeat(27),
      kind: 'key_expiring',
      severity: 'warning',
      subject: `openai_${'k'.repeat(22)}`,
      text: 'Your OpenAI key …a1b2 expires on 2026-07-06, 05:15 UTC, in less than 7 days.',
      next_step: `Create a new key at ${facts.keyPage}, then send it to POST /api-keys/openai_${'k'.repeat(22)}/rotate.`,
      url: facts.keyPage,
      dedupeKey: 'v1~2026-07-06~7d',
    });
    expect(expiryNotice(key(), 'expired', facts)).toMatchObject({
      kind: 'key_expired',
      severity: 'critical',
    });
  });

  it('is raised even for a provider that is no longer in the catalog', () => {
    const notice = expiryNotice(key(), '1d', undefined);
    expect(notice.next_step).toContain('Create a new key at its provider');
    expect(notice).not.toHaveProperty('url');
  });

  it.each([
    ['version', key({ version: 2 }), '30d'],
    ['end', key({ expiresAt: inDays(29) }), '30d'],
    ['threshold', key(), '7d'],
    ['state', key(), 'expired'],
  ] as const)('is told anew for another %s', (_what, other, expiry) => {
    const one = expiryNotice(key(), '30d', undefined);
    const two = expiryNotice(other, expiry, undefined);
    expect(`${two.kind} ${two.dedupeKey}`).not.toBe(`${one.kind} ${one.dedupeKey}`);
  });
});

describe('the expiry sweep', () => {
  type Row = ExpiringKey | undefined;
  function sweepOver(rows: readonly Row[], options: { failing?: (key: ExpiringKey) => boolean } = {}) {
    const told: [string, Expiry][] = [];
    const failures: unknown[] = [];
    const known = new Set<string>();
    const retired: string[] = [];
    const previous = new Map<Row, string>();
    const sweep = createExpirySweep({
      index: {
        async *expiringOn(day) {
          yield* rows.filter((row) =>
            (previous.get(row) ?? (row ? row.expiresAt : inDays(0)))?.startsWith(day),
          );
        },
      },
      async retire(row) {
        if ((previous.get(row) ?? inDays(99)) > new Date(NOW).toISOString()) return 'passed';
        previous.delete(row);
        retired.push(row.kid);
        return 'retired';
      },
      async tell(row, expiry) {
        if (options.failing?.(row)) throw new Error('down');
        const { dedupeKey } = expiryNotice(row, expiry, undefined);
        if (known.has(dedupeKey + row.kid)) return 'known';
        known.add(dedupeKey + row.kid);
        told.push([row.kid, expiry]);
        return 'told';
      },
      onFailure: (error) => failures.push(error),
    });
    return { sweep, told, failures, retired, previous };
  }
  it('raises each threshold and the end once over a year of daily runs', async () => {
    const { sweep, told } = sweepOver([key({ kid: kid('a'), expiresAt: inDays(45.5) })]);
    for (let day = 0; day < 365; day += 1) await sweep(NOW + day * DAY);
    expect(told.map(([, expiry]) => expiry)).toEqual(['30d', '7d', '1d', 'expired']);
  });

  it.each([1, 2, 3])('makes up for %d days on which it did not run', async (missed) => {
    const { sweep, told } = sweepOver([key({ kid: kid('a'), expiresAt: inDays(0.5) })]);
    await sweep(NOW + missed * DAY);
    expect(told).toEqual([['a', 'expired']]);
  });

  it('raises no further notice when it runs twice', async () => {
    const { sweep, told } = sweepOver([key()]);
    expect(await sweep(NOW)).toEqual({ retired: 0, told: 1, known: 0, passed: 0, failed: 0 });
    expect(await sweep(NOW)).toEqual({ retired: 0, told: 0, known: 1, passed: 0, failed: 0 });
    expect(told).toHaveLength(1);
  });

  it('leaves out keys known to be bad and credentials that renew themselves, but not frozen ones', async () => {
    const rows = [
      key({ kid: kid('bad'), status: 'invalid' }),
      key({ kid: kid('oauth'), kind: 'oauth' }),
      key({ kid: kid('frozen'), status: 'frozen' }),
    ];
    const { sweep, told } = sweepOver(rows);
    expect(await sweep(NOW)).toEqual({ retired: 0, told: 1, known: 0, passed: 2, failed: 0 });
    expect(told).toEqual([['frozen', '7d']]);
  });

  it('continues after malformed rows and failed notices, and counts them', async () => {
    const rows = [undefined, ...Array.from({ length: 25 }, (_, n) => key({ kid: kid(`k${n}`) }))];
    const { sweep, told, failures } = sweepOver(rows, { failing: (row) => row.kid === 'k3' });
    expect(await sweep(NOW)).toEqual({ retired: 0, told: 24, known: 0, passed: 0, failed: 2 });
    expect(told.map(([name]) => name)).not.toContain('k3');
    expect(failures).toHaveLength(1);
  });

  it('removes a previous value when it ends, whether the key itself expires or not', async () => {
    const rows = [
      { ...key({ kid: kid('never') }), expiresAt: undefined },
      key({ kid: kid('soon'), expiresAt: inDays(6) }),
      { ...key({ kid: kid('fresh') }), expiresAt: undefined },
    ];
    const { sweep, told, retired, previous } = sweepOver(rows);
    for (const [at, days] of [-1, -7, 0.001].entries()) previous.set(rows[at], inDays(days));
    // `known`: out of the row, it is found again under the key's own end.
    expect(await sweep(NOW)).toEqual({ retired: 2, told: 1, known: 1, passed: 1, failed: 0 });
    expect(retired.toSorted()).toEqual(['never', 'soon']);
    expect(told).toEqual([['soon', '7d']]);
  });
});
