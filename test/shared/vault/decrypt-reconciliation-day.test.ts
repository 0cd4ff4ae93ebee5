import { describe, expect, it } from 'vitest';

import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Account, Span } from '#shared/vault/decrypt-reconciliation.ts';
import {
  createDecryptReconciliation,
  incidentNotice,
  type LoggedOpening,
} from '#shared/vault/decrypt-reconciliation-day.ts';

const [alice, bob] = ['a', 'b'].map((letter) => letter.repeat(27) as OwnerId) as [OwnerId, OwnerId];
const kid = 'k'.repeat(22) as Kid;
const at = (time: string) => Date.parse(time);

const opening = (time: string, more: Partial<LoggedOpening> = {}): LoggedOpening => ({
  id: time,
  ownerId: alice,
  provider: 'openai' as ProviderId,
  kid,
  version: 1,
  atMs: at(time),
  ...more,
});
const receipt = (time: string): Account => ({
  kind: 'receipt',
  ownerId: alice,
  kid,
  version: 1,
  atMs: at(time),
});

const within = ({ atMs }: { atMs: number }, { fromMs, toMs }: Span) => atMs >= fromMs && atMs <= toMs;

/** Run in the night after the 1st of June. */
async function auditOf(
  logged: readonly LoggedOpening[],
  { uses = [], unnamedAt = [] }: { uses?: readonly Account[]; unnamedAt?: readonly string[] } = {},
) {
  const told: string[] = [];
  const days: string[] = [];
  const failures: unknown[] = [];
  const audit = createDecryptReconciliation({
    log: {
      async *between(span) {
        yield* logged.filter((one) => within(one, span)).map((one) => ({ atMs: one.atMs, opening: one }));
        yield* unnamedAt.map((time) => ({ atMs: at(time) })).filter((one) => within(one, span));
      },
    },
    async accounts(ownerId, span) {
      if (ownerId === bob) throw new Error('The trail of this owner cannot be read.');
      return uses.filter((one) => within(one, span));
    },
    async tell({ id }) {
      told.push(id);
      return 'told';
    },
    async record(day) {
      days.push(day);
    },
    onFailure: (error) => failures.push(error),
  });
  return { counts: await audit(at('2026-06-02T02:45:00Z')), told, days, failures };
}

describe('the decrypt reconciliation of a day', () => {
  it('covers the previous UTC day', async () => {
    const { counts, told, days } = await auditOf([
      opening('2026-05-31T23:59:59Z'),
      opening('2026-06-01T00:00:00Z'),
      opening('2026-06-01T23:59:59Z'),
      opening('2026-06-02T00:00:00Z'),
    ]);
    expect(days).toEqual(['2026-06-01']);
    expect(told).toEqual(['2026-06-01T00:00:00Z', '2026-06-01T23:59:59Z']);
    expect(counts).toMatchObject({ openings: 2, matched: 0, unmatched: 2, told: 2, failed: 0 });
  });

  it('includes matching records on both sides of midnight', async () => {
    const uses = [receipt('2026-06-01T00:00:10Z'), receipt('2026-06-02T00:00:20Z')];
    const logged = [opening('2026-05-31T23:59:50Z'), opening('2026-06-01T23:59:50Z')];
    const { counts, told } = await auditOf(logged, { uses });
    expect(told).toEqual([]);
    expect(counts).toMatchObject({ openings: 1, matched: 1, unmatched: 0, unproven: 0 });
  });

  it('does not match a receipt from before midnight with a later Decrypt event', async () => {
    const logged = [opening('2026-05-31T23:59:50Z'), opening('2026-06-01T00:00:05Z')];
    const { told } = await auditOf(logged, { uses: [receipt('2026-06-01T00:00:10Z')] });
    expect(told).toEqual(['2026-06-01T00:00:05Z']);
  });

  it('counts Decrypt events that name no vault key', async () => {
    const { counts } = await auditOf([], { unnamedAt: ['2026-06-01T12:00:00Z', '2026-06-02T00:01:00Z'] });
    expect(counts).toMatchObject({ unnamed: 1, openings: 0 });
  });

  it('continues and reports a failure when one owner’s trail cannot be read', async () => {
    const logged = [opening('2026-06-01T12:00:00Z', { ownerId: bob }), opening('2026-06-01T12:00:01Z')];
    const { counts, told, days, failures } = await auditOf(logged);
    expect(told).toEqual(['2026-06-01T12:00:01Z']);
    expect(counts).toMatchObject({ failed: 1, unmatched: 1 });
    expect([days, failures.length]).toEqual([['2026-06-01'], 1]);
  });

  it('raises one notice per Decrypt event, by its event id', () => {
    expect(incidentNotice(opening('2026-06-01T12:00:01Z', { id: 'event-1' }))).toMatchObject({
      ownerId: alice,
      dedupeKey: 'event-1',
      subject: `openai_${kid}`,
      text: expect.stringContaining('version 1, was opened on 2026-06-01 at 12:00:01 UTC'),
    });
  });
});
