import { describe, expect, it } from 'vitest';

import type { AuditDraft } from '#shared/audit/audit.ts';
import { createRecordRejection, type RejectionKind, unrecorded } from '#shared/audit/rejections.ts';
import { AppError } from '#shared/core/errors.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 59, 59, 999);
const change = { item: 'a change', rejected: () => new AppError('conflict') };

const draft: AuditDraft = {
  ownerId: 'alice',
  category: 'api_call',
  act: 'tool.called',
  result: 'refused',
  code: 'invalid_input',
  target: 'todo_create',
  requestId: 'r',
};

function given() {
  const counts = new Map<string, number>();
  const records: { draft: AuditDraft; changes: number }[] = [];
  const state = { isDown: false };
  const recordRejection = createRecordRejection({
    audit: {
      commit: async (one, changes = []) => void records.push({ draft: one, changes: changes.length }),
      record: () => change,
    },
    async count({ ownerId, hour, kind }: RejectionKind) {
      if (state.isDown) throw new Error('The store is down.');
      const name = `${ownerId} ${hour} ${kind}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return counts.get(name) ?? 0;
    },
    now: () => NOW,
  });
  const times = async (n: number, more: Partial<AuditDraft> = {}) => {
    for (let done = 0; done < n; done += 1) await recordRejection({ ...draft, ...more });
    return records.length;
  };
  return { recordRejection, times, records, counts, state };
}

describe('a flood of cheap rejections', () => {
  it('leaves a record of the first, and of every hundredth with how many there were', async () => {
    const { times, records } = given();
    expect(await times(99)).toBe(1);
    expect(await times(1)).toBe(2);
    expect(await times(150)).toBe(3);
    expect(records.map((record) => record.draft.meta?.count)).toEqual([undefined, 100, 200]);
  });

  it('is counted by owner, hour, action, code, target and reason', async () => {
    const { times, counts } = given();
    await times(1);
    expect([...counts.keys()]).toEqual(['alice 2026-11-23T10 tool.called invalid_input todo_create']);
    const others: Partial<AuditDraft>[] = [
      { ownerId: 'bob' },
      { act: 'mcp.requested' },
      { code: 'not_found' },
      { target: 'todo_list' },
      { meta: { reason: 'token_expired' } },
    ];
    for (const other of others) expect(await times(1, other)).toBe(others.indexOf(other) + 2);
  });

  it('records every rejection while the counter fails', async () => {
    const { times, state } = given();
    state.isDown = true;
    expect(await times(5)).toBe(5);
  });

  it.each([1, 2, 99, 100, 101, 1000])('leaves as many of %s without a record as it says', async (n) => {
    const { times } = given();
    expect(await times(n)).toBe(n - unrecorded(n));
  });
});

describe('a rejection that is recorded each time', () => {
  it.each<[string, Partial<AuditDraft>]>([
    ['used a key', { keys: [{ provider: 'openai', kid: 'k', version: 1 }] }],
    ['is a failure', { result: 'failed', code: 'invalid_input' }],
    ['was rejected by the state of a key', { code: 'key_frozen' }],
    ['would have cost too much', { code: 'budget_exceeded' }],
    ['has no code', { code: undefined }],
  ])('%s', async (_why, more) => {
    expect(await given().times(3, more)).toBe(3);
  });

  it('has changes that are committed with it', async () => {
    const { recordRejection, records } = given();
    for (let n = 0; n < 3; n += 1) await recordRejection(draft, [change]);
    expect(records.map(({ changes }) => changes)).toEqual([1, 1, 1]);
  });
});

it('a copy of issuer keys that was rejected is sampled whatever its code', async () => {
  expect(await given().times(99, { act: 'issuer_keys.refused', code: undefined })).toBe(1);
});
