import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';
import { createOpenTurn, endOf, givingBack } from '#shared/idempotency/turn.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { keptFailure, replayOf } from '#shared/tools/idempotent-call.ts';

import { memoryTurns } from './memory-turns.ts';

const { commit } = memoryTurns();

/** Keys as of one stage; `names` is the key of names and bodies. */
function given({ names = 1 } = {}) {
  const { store, rows } = memoryTurns();
  const at = { now: 1_000_000 };
  const open = createOpenTurn({
    store,
    names: new Uint8Array(32).fill(names),
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

/** What is stored of a turn that was kept. */
const rowIn = async (of: ReturnType<typeof given>, more: object = {}) => {
  await commit((await of.turn('first', more)).keep({ said: 'hello' }));
  const [place = '', row] = [...of.rows].at(-1) ?? [];
  return { place, row };
};

describe('a row of a turn', () => {
  it('is kept for 24 hours, to the millisecond', async () => {
    const { at, turn } = given();
    await commit((await turn('first')).keep({ said: 'hello' }));
    at.now += 24 * 3600_000 - 1;
    expect((await turn('again')).earlier).toEqual({ said: 'hello' });
    at.now += 1;
    expect((await turn('again')).earlier).toBeUndefined();
  });

  it('tells who reads the table nothing of operation, key, body and reply', async () => {
    const { place, row } = await rowIn(given(), { operation: 'todo_create', key: 'order-66', body: 'milk' });
    const seen = `${place} ${JSON.stringify({ ...row, reply: Buffer.from(row?.reply ?? []).toString('latin1') })}`;
    for (const word of ['todo_create', 'order-66', 'milk', 'hello']) expect(seen).not.toContain(word);
    const other = await rowIn(given({ names: 3 }), {
      operation: 'todo_create',
      key: 'order-66',
      body: 'milk',
    });
    expect(other.place).not.toBe(place);
    expect(other.row?.body).not.toBe(row?.body);
  });

  it('lies elsewhere for every other owner, operation and key, also where their texts run together', async () => {
    const places = await Promise.all(
      [
        { operation: 'ab', key: 'c' },
        { operation: 'a', key: 'bc' },
        { operation: 'a', key: 'b:c' },
        { operation: 'c', key: 'ab' },
        { operation: 'ab', key: 'c', uid: 'v' },
      ].map(async (more) => (await rowIn(given(), more)).place),
    );
    expect(new Set(places).size).toBe(places.length);
    const names = places.map((place) => place.split(' ')[1]);
    expect(new Set(names).size).toBe(places.length);
  });

  it.each<[string, (place: string) => string, object]>([
    ['of another owner', (place) => place.replace(/^u /, 'v '), { uid: 'v' }],
    ['of another key', (place) => place, { key: 'other' }],
  ])('does not open when its reply is moved to the row %s', async (_where, _move, more) => {
    const { rows, turn } = given();
    await commit((await turn('first')).keep({ said: 'by the first' }));
    const [reply] = [...rows.values()].map((row) => row.reply);
    await commit((await turn('second', more)).keep({ said: 'by the second' }));
    const [place = '', row] = [...rows].at(-1) ?? [];
    if (row) rows.set(place, { ...row, reply });
    await expect(turn('again', more)).rejects.toMatchObject({ code: 'integrity_failed' });
  });

  it.each(['body', 'expires'] as const)('does not open with another %s beside its reply', async (field) => {
    const { rows, turn } = given();
    await commit((await turn('first')).keep({ said: 'by the first' }));
    const first = [...rows.values()].at(-1);
    rows.clear();
    await commit((await turn('second', { body: 'other' })).keep({ said: 'by the second' }));
    const [place = '', second] = [...rows].at(-1) ?? [];
    if (!first || !second) throw new Error('Nothing was kept.');
    const changed = { body: { reply: first.reply }, expires: { expires: second.expires + 1 } }[field];
    rows.set(place, { ...second, ...changed });
    await expect(turn('again', { body: 'other' })).rejects.toMatchObject({ code: 'integrity_failed' });
  });
});

const wait = (seconds: number) => ({ details: { retry_after_seconds: seconds } });

describe('a turn that failed', () => {
  it('is not overtaken while it holds the claim: it ends with its own failure', async () => {
    const { turn } = given();
    const holder = await turn('first');
    await commit(holder.claim());
    const failure = new AppError('upstream_failed');
    expect(await endOf(holder, failure)).toEqual({ error: failure, earlier: undefined });
  });

  it('without a claim ends with the answer of another request that was faster', async () => {
    const { turn } = given();
    const slow = await turn('first');
    await commit((await turn('second')).keep({ said: 'by the second' }));
    const lost = await commit(slow.keep({ said: 'by the first' })).catch((error: unknown) => error);
    expect((await endOf(slow, lost)).earlier).toEqual({ said: 'by the second' });
  });

  it('gives nothing back that it has not claimed', async () => {
    const { turn } = given();
    expect((await turn('first')).giveBack({ error: 'x' })).toEqual([]);
  });

  it('asks to come again in 1 to 5 seconds while another works on it', async () => {
    const { at, turn } = given();
    await commit((await turn('first')).claim());
    await expect(turn('again')).rejects.toMatchObject(wait(5));
    at.now += 37_999;
    await expect(turn('again')).rejects.toMatchObject(wait(1));
  });

  it('throws what broke its record, unless that is a refusal of the row', async () => {
    const { turn } = given();
    const failing = await turn('first');
    await commit(failing.claim());
    const outage = new Error('The store is down.');
    let tries = 0;
    const broken = async () => {
      tries += 1;
      throw outage;
    };
    await expect(givingBack(failing, broken)).rejects.toBe(outage);
    expect(tries).toBe(1);
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
