// Use cases of keys in trouble: rejected by their provider, not renewable, expired, re-wrapped; and their receipts.
import { describe, expect, it } from 'vitest';

import type { AuditRecord } from '#shared/audit/record.ts';
import type { KeyTrail, Placed } from '#shared/audit/receipts.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { type Kid, keyIdOf, type ProviderId } from '#shared/core/ids.ts';
import type { Renewed } from '#shared/providers/failover.ts';
import { createKeyHealth } from '#shared/services/key-health.ts';
import { createReadKeyReceipts } from '#shared/services/key-receipts.ts';
import { createRenewKey } from '#shared/services/key-renewal.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';
import { createMemoryKeys } from '#test/shared/vault/memory-keys.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';
import { storedKey } from '#test/support/stored-keys.ts';

const NOW = Date.UTC(2026, 10, 28, 9);
const now = () => NOW;
const alice = principalNamed('alice');
const bob = principalNamed('bob');
const call = { owner: alice.ownerId, requestId: 'r1', deadline: deadlineIn(10_000, now) };

const nameOfKey = ({ ownerId, provider, kid, version }: StoredKey) => ({ ownerId, provider, kid, version });
const idOfKey = ({ provider, kid }: StoredKey) => keyIdOf(provider, kid);

function health(key: StoredKey, renew: () => Promise<Renewed> = async () => 'renewed') {
  const { keys, commit, rows, placeOf } = createMemoryKeys();
  rows.set(placeOf(key), key);
  const failure: { next?: Error } = {};
  const memory = createMemoryAudit(async (writes) => {
    if (failure.next) throw failure.next;
    await commit(writes);
  }, now);
  const renewals: string[] = [];
  let reads = 0;
  return {
    ...memory,
    failure,
    renewals,
    reads: () => reads,
    row: () => rows.get(placeOf(key)),
    ...createKeyHealth({
      keys: {
        ...keys,
        list(...of) {
          reads += 1;
          return keys.list(...of);
        },
      },
      audit: memory.audit,
      notices: memory.notices,
      async renew({ kid }, { wait }) {
        renewals.push(`${kid} ${wait}`);
        return renew();
      },
      isLost: (error) => error instanceof AppError && error.code === 'conflict',
      now,
    }),
  };
}

const openai = storedKey(alice.ownerId, 'openai', { version: 3, last4: 'wxyz' });

describe('a key that its provider rejects', () => {
  it('is marked as invalid, with one record and one notice that names the key by its last characters', async () => {
    const { markInvalid, row, drafts, raised } = health(openai);
    await markInvalid(nameOfKey(openai), call);
    expect(row()).toMatchObject({ status: 'invalid', validation: { outcome: 'rejected' } });
    expect(drafts.filter(({ act }) => act === 'key.invalidated')).toEqual([
      {
        ownerId: alice.ownerId,
        requestId: 'r1',
        target: idOfKey(openai),
        meta: { provider: 'openai', version: 3, outcome: 'invalid', reason: 'key_rejected' },
        category: 'system',
        act: 'key.invalidated',
        result: 'succeeded',
      },
    ]);
    expect(raised).toMatchObject([
      {
        kind: 'key_invalid',
        severity: 'critical',
        subject: idOfKey(openai),
        text: expect.stringContaining('OpenAI rejects your key …wxyz'),
        next_step: expect.stringContaining(`/api-keys/${idOfKey(openai)}/rotate`),
        url: expect.stringContaining('https://'),
      },
    ]);
  });

  it('is marked once for any number of concurrent calls', async () => {
    const { markInvalid, told, reads } = health(openai);
    await Promise.all([1, 2, 3].map(() => markInvalid(nameOfKey(openai), call)));
    expect(reads()).toBe(1);
    expect(told().filter((act) => act.startsWith('key.invalidated'))).toHaveLength(1);
  });

  it('stays in use if the value before its rotation still works, and the notice says so', async () => {
    const { markSuspect, row, raised } = health(openai);
    await markSuspect(nameOfKey(openai), call);
    expect(row()).toMatchObject({ status: 'active', validation: { outcome: 'rejected' } });
    expect(raised).toMatchObject([{ text: expect.stringContaining('The previous value remains usable') }]);
  });

  it('gets a second notice when it becomes invalid after it was suspect', async () => {
    const { markSuspect, markInvalid, raised } = health(openai);
    await markSuspect(nameOfKey(openai), call);
    await markInvalid(nameOfKey(openai), call);
    expect(new Set(raised.map(({ id }) => id)).size).toBe(2);
  });

  it('is not changed if it has another version by now', async () => {
    const { markInvalid, row, drafts } = health({ ...openai, version: 4 });
    await markInvalid(nameOfKey(openai), call);
    expect(row()).toMatchObject({ status: 'active', version: 4 });
    expect(drafts).toEqual([]);
  });

  it('may be marked by another call first, but no other failure is hidden', async () => {
    const { markInvalid, failure } = health(openai);
    failure.next = new AppError('conflict');
    await expect(markInvalid(nameOfKey(openai), call)).resolves.toBeUndefined();
    failure.next = new AppError('unavailable');
    await expect(markInvalid(nameOfKey(openai), call)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('of registered tools is replaced with a sign-in, because it has no page of a known provider', async () => {
    const own = storedKey(alice.ownerId, 'x-crm');
    const { markInvalid, raised } = health(own);
    await markInvalid(nameOfKey(own), call);
    expect(raised).toMatchObject([{ next_step: expect.stringContaining('POST /api-keys/oauth') }]);
    expect(raised[0]).not.toHaveProperty('url');
  });

  it('is renewed once for concurrent calls with the same value, and again for the next value', async () => {
    const { renew, renewals } = health(openai);
    const wait = { ...call, wait: true };
    await Promise.all([3, 3, 4].map((version) => renew({ ...nameOfKey(openai), version }, wait)));
    expect(renewals).toEqual([`${openai.kid} true`, `${openai.kid} true`]);
  });
});

/** Id of the notice that a failure at this time raises. */
const failureNoticeId = async (ms: number) => {
  const memory = createMemoryAudit(undefined, () => ms);
  const renew = createRenewKey({
    async renewal(_key, { trail }) {
      await trail.failed(openai, 'failed');
      return 'failed';
    },
    ...memory,
    now: () => ms,
  });
  await renew(nameOfKey(openai), { ...call, wait: false });
  return memory.raised[0]?.id;
};

describe('a renewal', () => {
  const changed = { ...openai, version: 4 };
  const renewal = (outcome?: 'refused' | 'failed') => {
    const committed: unknown[] = [];
    const memory = createMemoryAudit(
      async (writes) => void committed.push(...writes.map(({ item }) => item)),
      now,
    );
    const renew = createRenewKey({
      async renewal(_key, { trail }) {
        await trail.attempt();
        if (outcome) await trail.failed(openai, outcome);
        else await trail.commit(changed, { item: 'next value', rejected: () => new AppError('conflict') });
        return outcome ?? 'renewed';
      },
      audit: memory.audit,
      notices: memory.notices,
      now,
    });
    return { ...memory, committed, run: () => renew(nameOfKey(openai), { ...call, wait: true }) };
  };

  it('leaves a record before the key is opened, and one with the new version together with the change', async () => {
    const { run, drafts, committed } = renewal();
    expect(await run()).toBe('renewed');
    const receipt = { keys: [{ provider: 'openai', kid: openai.kid, version: 3 }], target: idOfKey(openai) };
    expect(drafts).toMatchObject([
      { act: 'key.renewed', result: 'attempted', meta: { version: 3 }, ...receipt },
      { act: 'key.renewed', result: 'succeeded', meta: { version: 4 }, ...receipt },
    ]);
    expect(committed).toEqual(['next value']);
  });

  it.each([
    ['is not possible any more', 'refused', 'Sign in at OpenAI again'],
    ['did not work this time', 'failed', 'Renewal is retried automatically'],
  ] as const)(
    'that %s is recorded, and the owner is notified of the remedy',
    async (_name, outcome, step) => {
      const { run, drafts, raised } = renewal(outcome);
      expect(await run()).toBe(outcome);
      expect(drafts.find(({ act }) => act === 'key.renewal_failed')).toMatchObject({
        result: 'failed',
        meta: { provider: 'openai', version: 3, outcome },
      });
      expect(raised).toMatchObject([
        { kind: 'renewal_failed', subject: idOfKey(openai), next_step: expect.stringContaining(step) },
      ]);
    },
  );

  it('that fails more than once on a day raises the same notice, and on the next day another', async () => {
    expect(await failureNoticeId(NOW)).toBe(await failureNoticeId(NOW + 3600_000));
    expect(await failureNoticeId(NOW)).not.toBe(await failureNoticeId(NOW + 86_400_000));
  });
});

const KID = 'k'.repeat(22) as Kid;
const attemptAt = (ts: string): Placed => ({
  place: ts,
  record: { ts, act: 'tool.called', target: 'ai_chat', result: 'attempted', requestId: ts } as AuditRecord,
});

const trailWith = (life?: { from?: string; until?: string }): KeyTrail => ({
  uses: async () => ({ records: ['2026-11-03', '2026-11-02', '2026-10-01'].map(attemptAt) }),
  outcomes: async () => [],
  lifeOf: async (owner) => (owner === alice.ownerId ? life : undefined),
});

const readReceipts = (stored: StoredKey[], life?: { from?: string; until?: string }) =>
  createReadKeyReceipts({
    keys: { list: async (owner) => stored.filter(({ ownerId }) => ownerId === owner) },
    trail: trailWith(life),
  })(alice, keyIdOf('openai' as ProviderId, KID), { limit: 10 });

const times = ({ receipts }: Awaited<ReturnType<typeof readReceipts>>) => receipts.map(({ time }) => time);

describe('the receipts of a key', () => {
  it('begin with the creation of the stored key', async () => {
    const stored = storedKey(alice.ownerId, 'openai', { createdAt: '2026-11-02' });
    expect(times(await readReceipts([stored]))).toEqual(['2026-11-03', '2026-11-02']);
  });

  it('of a deleted key are those of its recorded life', async () => {
    expect(times(await readReceipts([], { from: '2026-10-01', until: '2026-11-02' }))).toEqual([
      '2026-11-02',
      '2026-10-01',
    ]);
  });

  it('of a deleted key whose creation is no longer recorded have no beginning', async () => {
    expect(times(await readReceipts([], { until: '2026-10-01' }))).toEqual(['2026-10-01']);
  });

  it.each([
    ['of a key that never existed', []],
    ['of the key of another user', [storedKey(bob.ownerId, 'openai')]],
  ])('%s do not exist', async (_name, stored) => {
    await expect(readReceipts(stored)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are not readable with an id that is none', async () => {
    const withoutKeys = createReadKeyReceipts({ keys: { list: async () => [] }, trail: trailWith({}) });
    await expect(withoutKeys(alice, 'openai', { limit: 10 })).rejects.toMatchObject({ code: 'not_found' });
  });
});
