import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';
import { createOpenTurn, givingBack, type Row, type TurnStore } from '#shared/idempotency/turn.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { keptFailure, replayOf } from '#shared/tools/idempotent-call.ts';

const commit = async (writes: readonly Write[]) => {
  for (const { item } of writes) (item as () => void)();
};

/** The store's rules on a Map: what DynamoDB makes of them is proved end to end. */
function given() {
  const rows = new Map<string, Row>();
  const at = { now: 1_000_000 };
  const guarded = (name: string, row: Row, holds: (old: Row | undefined) => boolean): Write => ({
    item: () => {
      if (!holds(rows.get(name))) throw new AppError('idempotency_in_flight');
      rows.set(name, row);
    },
    refused: () => new AppError('idempotency_in_flight'),
  });
  const store: TurnStore = {
    find: async ({ name }) => rows.get(name),
    take: ({ name }, row, now) =>
      guarded(
        name,
        row,
        (old) =>
          !old ||
          old.expires <= now ||
          (old.state === 'claimed' && old.until <= now && old.body === row.body),
      ),
    settle: ({ name }, row) =>
      guarded(name, row, (old) => old?.state === 'claimed' && old.holder === row.holder),
  };
  const open = createOpenTurn({
    store,
    names: new Uint8Array(32).fill(1),
    replies: sealedRows(new Uint8Array(32).fill(2)),
    now: () => at.now,
  });
  const turn = (requestId: string, more: object = {}) =>
    open({
      uid: 'u' as Uid,
      operation: 'tool',
      key: 'k',
      body: { a: 1, b: [2] },
      requestId,
      remainingMs: () => 30_000,
      ...more,
    });
  return { rows, at, turn };
}

const tool = (name: string) => TOOLS.find((one) => one.name === name);

describe('a turn', () => {
  it('that outlived its lease is not settled any more, and hears what its successor answered', async () => {
    const { at, turn } = given();
    const sleeper = await turn('first');
    await commit(sleeper.claim());
    at.now += 37_999;
    await expect(turn('early')).rejects.toMatchObject({ code: 'idempotency_in_flight' });
    at.now += 2;
    const successor = await turn('second');
    await commit(successor.claim());
    await commit(successor.keep({ said: 'by the second' }));

    const late = await commit(sleeper.keep({ said: 'by the first' })).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'idempotency_in_flight' });
    expect(await sleeper.overtaken(late)).toEqual({ said: 'by the second' });
  });

  it('knows a request by its meaning, not by the order of its fields', async () => {
    const { turn } = given();
    await commit((await turn('first')).keep({ done: true }));
    expect((await turn('again', { body: { b: [2], a: 1 } })).earlier).toEqual({ done: true });
    await expect(turn('other', { body: { a: 1, b: [3] } })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    for (const other of [{ uid: 'v' }, { operation: 'tool2' }, { key: 'K' }]) {
      expect((await turn('elsewhere', other)).earlier).toBeUndefined();
    }
  });

  it('whose answer is too large to keep is not done again', async () => {
    const { turn } = given();
    await commit((await turn('first')).keep({ text: 'x'.repeat(300_000) }));
    await expect(turn('again')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is free after a failure, for any body; a failure that may have had an effect is kept instead', async () => {
    const { turn } = given();
    const failing = await turn('first');
    await commit(failing.claim());
    await givingBack(failing, commit);
    const next = await turn('second', { body: 'corrected' });
    await commit(next.claim());
    await givingBack(next, commit, { error: 'who knows' });
    expect((await turn('third', { body: 'corrected' })).earlier).toEqual({ error: 'who knows' });
  });

  it('records a failure even if the key is in other hands by now', async () => {
    const { rows, turn } = given();
    const failing = await turn('first');
    await commit(failing.claim());
    rows.clear();
    const records: number[] = [];
    await givingBack(failing, async (writes) => {
      await commit(writes);
      records.push(writes.length);
    });
    expect(records).toEqual([0]);
  });
});

describe('a failure of a tool', () => {
  it('is kept where doing it again might do it twice, and reads the same when it is told again', () => {
    const failure = new AppError('upstream_timeout', undefined, { next_step: 'Look first.' });
    const kept = keptFailure(tool('todo_create'), failure);
    expect(replayOf(JSON.parse(JSON.stringify(kept)))).toEqual({ ok: false, error: failure, replayed: true });
    expect(keptFailure(tool('todo_complete'), failure)).toBeUndefined();
    expect(keptFailure(tool('ai_chat'), failure)).toBeUndefined();
    expect(keptFailure(tool('todo_create'), new AppError('unavailable'))).toBeUndefined();
    expect(keptFailure(tool('todo_create'), new AppError('not_found'))).toBeUndefined();
    expect(keptFailure(undefined, failure)).toBeUndefined();
  });
});
