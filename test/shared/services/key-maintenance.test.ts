// Scheduled and operator use cases of the vault: the sweep of expired keys, and the move to another CMK.
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, type Kid, type ProviderId } from '#shared/core/ids.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import { createSweepExpiry } from '#shared/services/expiry-sweep.ts';
import { createRewrapVault, RewrapOrder } from '#shared/services/rewrap.ts';
import type { ExpiringKey } from '#shared/vault/expiry.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';
import { storedKey } from '#test/support/stored-keys.ts';

const NOW = Date.UTC(2026, 10, 28);
const TODAY = '2026-11-28';
const alice = principalNamed('alice');

const ending = (changes: Partial<ExpiringKey> = {}): ExpiringKey => ({
  ownerId: alice.ownerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  version: 2,
  last4: 'wxyz',
  status: 'active',
  kind: 'api_key',
  expiresAt: `${TODAY}T00:00:00.000Z`,
  ...changes,
});

const idOfKey = ({ provider, kid }: ExpiringKey) => keyIdOf(provider, kid);

/** @param commitDrop outcome of the removal of a previous value */
function expiry(rows: Record<string, ExpiringKey[]>, commitDrop: Commit = async () => undefined) {
  const dropped: string[] = [];
  const memory = createMemoryAudit(async (writes) => {
    await commitDrop(writes);
    dropped.push(...writes.map(({ item }) => String(item)));
  });
  const failures: unknown[] = [];
  const sweep = createSweepExpiry({
    index: {
      async *expiringOn(day) {
        yield* rows[day] ?? [];
      },
    },
    dropPrevious: (key, nowMs): Write => ({
      item: `${key.kid} ${nowMs}`,
      rejected: () => new AppError('not_found'),
    }),
    notices: memory.notices,
    audit: memory.audit,
    commit: memory.commit,
  });
  const run = () =>
    sweep({ nowMs: NOW, requestId: 'event-1', onFailure: (error) => void failures.push(error) });
  return { ...memory, dropped, failures, run };
}

describe('the daily sweep of keys', () => {
  it('records the expiry of a key together with the notice to its owner', async () => {
    const key = ending();
    const { run, drafts, raised } = expiry({ [TODAY]: [key] });
    expect(await run()).toMatchObject({ told: 1, failed: 0 });
    expect(raised).toMatchObject([{ kind: 'key_expired', subject: idOfKey(key) }]);
    expect(drafts.find(({ act }) => act === 'key.expired')).toEqual({
      ownerId: alice.ownerId,
      category: 'system',
      act: 'key.expired',
      result: 'succeeded',
      requestId: 'event-1',
      target: idOfKey(key),
      meta: { provider: 'openai', version: 2 },
    });
  });

  it('records no expiry for a key that only expires soon', async () => {
    const soon = ending({ expiresAt: '2026-12-01T00:00:00.000Z' });
    const { run, drafts, raised } = expiry({ '2026-12-01': [soon] });
    expect(await run()).toMatchObject({ told: 1 });
    expect(raised).toMatchObject([
      { kind: 'key_expiring', text: expect.stringContaining('OpenAI key …wxyz') },
    ]);
    expect(drafts.map(({ act }) => act)).toEqual(['notice.raised']);
  });

  it('notifies each owner once, however often it runs', async () => {
    const { run, drafts } = expiry({ [TODAY]: [ending()] });
    await run();
    const before = drafts.length;
    expect(await run()).toMatchObject({ told: 0, known: 1, failed: 0 });
    expect(drafts).toHaveLength(before);
  });

  it('removes a previous value that has ended, with a record of its own', async () => {
    const key = ending({ expiresAt: undefined });
    const { run, drafts, dropped } = expiry({ [TODAY]: [key] });
    expect(await run()).toMatchObject({ retired: 1, told: 0 });
    expect(dropped).toEqual([`${key.kid} ${NOW}`]);
    expect(drafts).toMatchObject([
      {
        act: 'key.previous_dropped',
        target: idOfKey(key),
        requestId: 'event-1',
        meta: { provider: 'openai' },
      },
    ]);
  });

  it('passes a previous value that has not ended, and counts any other failure', async () => {
    const rows = { [TODAY]: [ending({ expiresAt: undefined })] };
    const failing = (code: AppError['code']) =>
      expiry(rows, async () => {
        throw new AppError(code);
      });
    expect(await failing('not_found').run()).toMatchObject({ passed: 1, failed: 0 });
    const down = failing('unavailable');
    expect(await down.run()).toMatchObject({ passed: 0, failed: 1 });
    expect(down.failures).toMatchObject([{ code: 'unavailable' }]);
    expect(down.drafts).toEqual([]);
  });
});

const TO = 'arn:aws:kms:eu-central-1:1:key/to';
const FROM = 'arn:aws:kms:eu-central-1:1:key/from';

function vault(keys: StoredKey[], rewrap: () => Error | undefined = () => undefined) {
  const replaced: StoredKey[] = [];
  const memory = createMemoryAudit(
    async (writes) => void replaced.push(...writes.map(({ item }) => item as StoredKey)),
  );
  const calls: string[] = [];
  const run = createRewrapVault({
    stage: 'test',
    scan: async () => ({ keys, unreadable: 0 }),
    keys: { replace: (key) => ({ item: key, rejected: () => new AppError('conflict') }) },
    async rewrapper({ wrapped, keyArn }) {
      calls.push(keyArn);
      const failure = rewrap();
      if (failure) throw failure;
      return { wrapped, keyArn: TO };
    },
    marks: { find: async () => undefined, save: async () => undefined, clear: async () => undefined },
    commit: memory.commit,
    audit: memory.audit,
    to: TO,
    from: [FROM, TO],
  });
  return {
    ...memory,
    replaced,
    calls,
    run: (to = TO, dryRun = false) => run(to, { requestId: 'r1', dryRun, hasTime: () => true }),
  };
}

describe('the move of the vault to another CMK', () => {
  const key = storedKey(alice.ownerId, 'openai', { wkArn: FROM, version: 5 });

  it('records each key that it moved, with the change', async () => {
    const { run, replaced, drafts } = vault([key, { ...key, wkArn: TO }]);
    expect(await run()).toEqual({ seen: 2, moved: 1, changed: 0, failed: 0, to: TO, done: true });
    expect(replaced).toMatchObject([{ wkArn: TO, revision: key.revision + 1 }]);
    expect(drafts).toEqual([
      {
        ownerId: alice.ownerId,
        category: 'system',
        act: 'key.rewrapped',
        result: 'succeeded',
        code: undefined,
        requestId: 'r1',
        target: keyIdOf(key.provider, key.kid),
        meta: { provider: 'openai', version: 5 },
      },
    ]);
  });

  it('records a key that cannot be moved as failed, with the reason, and leaves it as it is', async () => {
    const { run, replaced, told } = vault([key], () => new AppError('integrity_failed'));
    expect(await run()).toMatchObject({ moved: 0, failed: 1 });
    expect(replaced).toEqual([]);
    expect(told()).toEqual(['key.rewrapped failed integrity_failed']);
  });

  it('to a CMK that new keys are not sealed under is rejected before anything is read', async () => {
    const { run, calls } = vault([key]);
    await expect(run(FROM)).rejects.toMatchObject({ code: 'invalid_input' });
    expect(calls).toEqual([]);
  });

  it('as a dry run counts and changes nothing', async () => {
    const { run, calls, drafts } = vault([key]);
    expect(await run(TO, true)).toMatchObject({ moved: 1, done: true });
    expect([calls, drafts]).toEqual([[], []]);
  });

  it('is ordered by a target and nothing unknown; a dry run must be named', () => {
    expect(RewrapOrder.parse({ to: TO })).toEqual({ to: TO, dry_run: false });
    expect(RewrapOrder.safeParse({ to: TO, dryRun: true }).success).toBe(false);
  });
});
