// Erasure of an account, over rows in memory.
import { describe, expect, it } from 'vitest';

import type { Erasure, ErasureStore } from '#shared/account/erasure.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Kid, OwnerId, ProviderId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import { createEraseAccount, erasureStatement } from '#shared/services/erasure.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';

const NOW = Date.UTC(2026, 10, 28);
const alice = principalNamed('alice');

type KeyRow = { readonly provider: ProviderId; readonly kid: Kid };
const key = (provider: string, letter: string): KeyRow => ({
  provider: provider as ProviderId,
  kid: letter.repeat(22) as Kid,
});

const write = (apply: () => void, code: AppError['code'] = 'not_found'): Write => ({
  item: apply,
  rejected: () => new AppError(code),
});

/** @param steps number of batches that there is time for */
function given({ keys = [], rows = 0, steps = 99 }: { keys?: KeyRow[]; rows?: number; steps?: number } = {}) {
  const state = {
    keys: [...keys],
    rows: Array.from({ length: rows }, (_, n) => `row ${n}`),
    mark: undefined as Erasure | undefined,
    steps,
  };
  const memory = createMemoryAudit(async (writes) => {
    for (const { item } of writes) (item as () => void)();
  });
  const store: ErasureStore = {
    find: async () => state.mark,
    mark: (_owner: OwnerId, erasure) => write(() => void (state.mark = erasure), 'conflict'),
    rows: async (_owner, limit) => state.rows.slice(0, limit),
    removeRow: (_owner, row) => write(() => void (state.rows = state.rows.filter((one) => one !== row))),
  };
  const erase = createEraseAccount({
    store,
    keys: {
      list: async () => state.keys,
      remove: ({ kid }) => write(() => void (state.keys = state.keys.filter((one) => one.kid !== kid))),
    },
    forgetUsage: () => write(() => undefined),
    commit: memory.commit,
    audit: memory.audit,
    now: () => NOW,
  });
  const run = () => erase(alice, { requestId: 'r1', hasTime: () => (state.steps -= 1) >= 0 });
  return { ...memory, state, run };
}

const [first, second] = [key('openai', 'a'), key('anthropic', 'b')];

describe('the erasure of an account', () => {
  it('leaves no key and no row, and a record of each key', async () => {
    const { run, state, drafts } = given({ keys: [first, second], rows: 100 });
    const { keys, rows, end } = await run();
    expect([keys, rows, state.keys, state.rows]).toEqual([2, 100, [], []]);
    expect(end).toHaveLength(2);
    expect(drafts.map(({ act, result, target, meta }) => [act, result, target, meta?.count])).toEqual([
      ['account.erased', 'attempted', undefined, undefined],
      ['key.deleted', 'succeeded', `openai_${first.kid}`, undefined],
      ['key.deleted', 'succeeded', `anthropic_${second.kid}`, undefined],
      ['account.erased', 'succeeded', 'rows', 90],
      ['account.erased', 'succeeded', 'rows', 10],
    ]);
    expect(new Set(drafts.map(({ ownerId, requestId }) => `${ownerId} ${requestId}`))).toEqual(
      new Set([`${alice.ownerId} r1`]),
    );
  });

  it('that runs out of time is incomplete, and the next request completes it under the same marker', async () => {
    const { run, state, told } = given({ keys: [first], rows: 100, steps: 3 });
    const partial = await run();
    expect([partial.end, state.keys, state.rows.length]).toEqual([undefined, [], 10]);
    expect(erasureStatement(partial)).toMatchObject({ complete: false, next_step: expect.any(String) });
    state.steps = 99;
    const rest = await run();
    expect([rest.end?.length, state.rows.length]).toEqual([2, 0]);
    expect(told().filter((act) => act === 'account.erased attempted')).toHaveLength(1);
    expect(rest.erasure.providers).toEqual(['openai']);
  });

  it('is stated with the providers where the keys must be revoked, by title and page', async () => {
    const statement = erasureStatement(await given({ keys: [first, key('x-crm', 'c')] }).run());
    expect(statement).toMatchObject({ success: true, erased: { keys: 2, records: 0 } });
    expect(statement.revoke_at_providers).toEqual([
      { provider: 'openai', title: 'OpenAI', url: expect.stringMatching(/^https:/) },
      { provider: 'x-crm', title: 'x-crm', url: null },
    ]);
  });
});
