import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';
import {
  createBeginIdempotentRequest,
  failedOrSuperseded,
  recordAndRelease,
} from '#shared/idempotency/idempotent-request.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import { storedFailure, replayOf } from '#shared/tools/idempotent-call.ts';

import { memoryIdempotencyStore } from './memory-idempotency-store.ts';

const { commit } = memoryIdempotencyStore();

/** Keys as of one stage; `names` is the key of names and bodies. */
function given({ names = 1 } = {}) {
  const { store, rows } = memoryIdempotencyStore();
  const at = { now: 1_000_000 };
  const open = createBeginIdempotentRequest({
    store,
    names: new Uint8Array(32).fill(names),
    replies: sealedRows(new Uint8Array(32).fill(2)),
    now: () => at.now,
  });
  const begin = (requestId: string, more: object = {}) =>
    open({
      ownerId: 'u' as OwnerId,
      operation: 'tool',
      key: 'k',
      body: { a: 1, b: [2] },
      requestId,
      remainingMs: () => 30_000,
      ...more,
    });
  return { rows, at, begin };
}

const tool = (name: string) => TOOLS.find((one) => one.name === name);

describe('an idempotent request', () => {
  it('whose claim has lapsed cannot be completed, and ends with the response of its successor', async () => {
    const { at, begin } = given();
    const sleeper = await begin('first');
    await commit(sleeper.claim());
    at.now += 37_999;
    await expect(begin('early')).rejects.toMatchObject({ code: 'idempotency_in_flight' });
    at.now += 2;
    const successor = await begin('second');
    await commit(successor.claim());
    await commit(successor.store({ said: 'by the second' }));

    const late = await commit(sleeper.store({ said: 'by the first' })).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'idempotency_in_flight' });
    expect(await sleeper.supersededBy(late)).toEqual({ said: 'by the second' });
  });

  it('is the same request whatever the order of its fields', async () => {
    const { begin } = given();
    await commit((await begin('first')).store({ done: true }));
    expect((await begin('again', { body: { b: [2], a: 1 } })).earlier).toEqual({ done: true });
    await expect(begin('other', { body: { a: 1, b: [3] } })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    for (const other of [{ ownerId: 'v' }, { operation: 'tool2' }, { key: 'K' }]) {
      expect((await begin('elsewhere', other)).earlier).toBeUndefined();
    }
  });

  it('whose response is too large to store is not executed again', async () => {
    const { begin } = given();
    await commit((await begin('first')).store({ text: 'x'.repeat(300_000) }));
    await expect(begin('again')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('frees its key after a failure, for any body, unless the failure is stored as the response', async () => {
    const { begin } = given();
    const failing = await begin('first');
    await commit(failing.claim());
    await recordAndRelease(failing, commit);
    const next = await begin('second', { body: 'corrected' });
    await commit(next.claim());
    await recordAndRelease(next, commit, { error: 'who knows' });
    expect((await begin('third', { body: 'corrected' })).earlier).toEqual({ error: 'who knows' });
  });

  it('records its failure even if another request holds the key by now', async () => {
    const { rows, begin } = given();
    const failing = await begin('first');
    await commit(failing.claim());
    rows.clear();
    const records: number[] = [];
    await recordAndRelease(failing, async (writes) => {
      await commit(writes);
      records.push(writes.length);
    });
    expect(records).toEqual([0]);
  });
});

/** The stored response of a completed idempotent request. */
const rowIn = async (of: ReturnType<typeof given>, more: object = {}) => {
  await commit((await of.begin('first', more)).store({ said: 'hello' }));
  const [place = '', row] = [...of.rows].at(-1) ?? [];
  return { place, row };
};

describe('a stored record', () => {
  it('is valid for 24 hours, to the millisecond', async () => {
    const { at, begin } = given();
    await commit((await begin('first')).store({ said: 'hello' }));
    at.now += 24 * 3600_000 - 1;
    expect((await begin('again')).earlier).toEqual({ said: 'hello' });
    at.now += 1;
    expect((await begin('again')).earlier).toBeUndefined();
  });

  it('reveals neither operation nor key, body or response', async () => {
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

  it('has a different name for every other owner, operation and key, also where their concatenated texts are equal', async () => {
    const places = await Promise.all(
      [
        { operation: 'ab', key: 'c' },
        { operation: 'a', key: 'bc' },
        { operation: 'a', key: 'b:c' },
        { operation: 'c', key: 'ab' },
        { operation: 'ab', key: 'c', ownerId: 'v' },
      ].map(async (more) => (await rowIn(given(), more)).place),
    );
    expect(new Set(places).size).toBe(places.length);
    const names = places.map((place) => place.split(' ')[1]);
    expect(new Set(names).size).toBe(places.length);
  });

  it.each<[string, (place: string) => string, object]>([
    ['of another owner', (place) => place.replace(/^u /, 'v '), { ownerId: 'v' }],
    ['of another key', (place) => place, { key: 'other' }],
  ])('does not open when its reply is moved to the row %s', async (_where, _move, more) => {
    const { rows, begin } = given();
    await commit((await begin('first')).store({ said: 'by the first' }));
    const [reply] = [...rows.values()].map((row) => row.reply);
    await commit((await begin('second', more)).store({ said: 'by the second' }));
    const [place = '', row] = [...rows].at(-1) ?? [];
    if (row) rows.set(place, { ...row, reply });
    await expect(begin('again', more)).rejects.toMatchObject({ code: 'integrity_failed' });
  });

  it.each(['body', 'expires'] as const)('does not open with another %s beside its reply', async (field) => {
    const { rows, begin } = given();
    await commit((await begin('first')).store({ said: 'by the first' }));
    const first = [...rows.values()].at(-1);
    rows.clear();
    await commit((await begin('second', { body: 'other' })).store({ said: 'by the second' }));
    const [place = '', second] = [...rows].at(-1) ?? [];
    if (!first || !second) throw new Error('Nothing was kept.');
    const changed = { body: { reply: first.reply }, expires: { expires: second.expires + 1 } }[field];
    rows.set(place, { ...second, ...changed });
    await expect(begin('again', { body: 'other' })).rejects.toMatchObject({ code: 'integrity_failed' });
  });
});

const wait = (seconds: number) => ({ details: { retry_after_seconds: seconds } });

describe('an idempotent request that failed', () => {
  it('ends with its own failure while it holds the claim', async () => {
    const { begin } = given();
    const holder = await begin('first');
    await commit(holder.claim());
    const failure = new AppError('upstream_failed');
    expect(await failedOrSuperseded(holder, failure)).toEqual({ error: failure, earlier: undefined });
  });

  it('ends without a claim with the response of another request that was faster', async () => {
    const { begin } = given();
    const slow = await begin('first');
    await commit((await begin('second')).store({ said: 'by the second' }));
    const lost = await commit(slow.store({ said: 'by the first' })).catch((error: unknown) => error);
    expect((await failedOrSuperseded(slow, lost)).earlier).toEqual({ said: 'by the second' });
  });

  it('releases nothing that it has not claimed', async () => {
    const { begin } = given();
    expect((await begin('first')).release({ error: 'x' })).toEqual([]);
  });

  it('names a wait of 1 to 5 seconds while another request is executed', async () => {
    const { at, begin } = given();
    await commit((await begin('first')).claim());
    await expect(begin('again')).rejects.toMatchObject(wait(5));
    at.now += 37_999;
    await expect(begin('again')).rejects.toMatchObject(wait(1));
  });

  it('throws the error of its record, unless a condition of the record was rejected', async () => {
    const { begin } = given();
    const failing = await begin('first');
    await commit(failing.claim());
    const outage = new Error('The store is down.');
    let tries = 0;
    const broken = async () => {
      tries += 1;
      throw outage;
    };
    await expect(recordAndRelease(failing, broken)).rejects.toBe(outage);
    expect(tries).toBe(1);
  });
});

describe('a failure of a tool', () => {
  it('is stored where a repetition might repeat its effect, and is replayed unchanged', () => {
    const failure = new AppError('upstream_timeout', undefined, { next_step: 'Look first.' });
    const kept = storedFailure(tool('todo_create'), failure);
    expect(replayOf(JSON.parse(JSON.stringify(kept)))).toEqual({ ok: false, error: failure, replayed: true });
    expect(storedFailure(tool('todo_complete'), failure)).toBeUndefined();
    expect(storedFailure(tool('ai_chat'), failure)).toBeUndefined();
    expect(storedFailure(tool('todo_create'), new AppError('unavailable'))).toBeUndefined();
    expect(storedFailure(tool('todo_create'), new AppError('not_found'))).toBeUndefined();
    expect(storedFailure(undefined, failure)).toBeUndefined();
  });
});
