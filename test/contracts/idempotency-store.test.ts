import { expect, it } from 'vitest';

import { idempotencyTable } from '#shared/aws/idempotency-table.ts';
import type { IdempotencyRecord } from '#shared/idempotency/idempotent-request.ts';
import { memoryIdempotencyStore } from '#test/shared/idempotency/memory-idempotency-store.ts';

import { contractOf, newUid } from './drivers.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 24 * 3600_000;

const claim: IdempotencyRecord = {
  body: 'one',
  state: 'claimed',
  holder: 'first',
  until: NOW + 1000,
  expires: NOW + DAY_MS,
};
const done: IdempotencyRecord = { ...claim, state: 'done', until: 0, reply: Uint8Array.of(1, 2) };
const inFlight = expect.objectContaining({ code: 'idempotency_in_flight' });

contractOf(
  'the idempotency store',
  {
    memory: () => memoryIdempotencyStore(),
    table: ({ db, TableName }, clock) => idempotencyTable(db, { TableName, now: () => clock.ms }),
  },
  (driver) => {
    /** A place that `row` has taken. */
    async function taken(row: IdempotencyRecord) {
      const { store, commit } = driver();
      const place = { ownerId: newUid(), name: 'name' };
      await commit([store.putIfFree(place, row, NOW)]);
      const take = (next: IdempotencyRecord, now = NOW) => commit([store.putIfFree(place, next, now)]);
      const settle = (next: IdempotencyRecord) => commit([store.completeClaim(place, next)]);
      return { store, commit, place, take, settle, find: () => store.find(place) };
    }

    it('finds nothing at a place that nobody has taken', async () => {
      expect(await driver().store.find({ ownerId: newUid(), name: 'name' })).toBeUndefined();
    });

    it('reads back what was taken, with its reply', async () => {
      const { find } = await taken(done);
      expect(await find()).toMatchObject(done);
    });

    it('keeps the places of two owners and of two names apart', async () => {
      const { store, place } = await taken(done);
      expect(await store.find({ ownerId: newUid(), name: place.name })).toBeUndefined();
      expect(await store.find({ ...place, name: 'another' })).toBeUndefined();
    });

    it.each<[string, IdempotencyRecord, IdempotencyRecord, number]>([
      ['a claim under way, by the same request', claim, { ...claim, holder: 'second' }, NOW],
      ['a claim to its last millisecond', claim, { ...claim, holder: 'second' }, NOW + 999],
      ['a lapsed claim of another body', claim, { ...claim, body: 'two', holder: 'second' }, NOW + 1000],
      ['an answer', done, { ...claim, holder: 'second' }, NOW + 2000],
      ['an answer to its last millisecond', done, { ...claim, holder: 'second' }, NOW + DAY_MS - 1],
    ])('does not give away %s', async (_case, row, next, now) => {
      const { take, find } = await taken(row);
      await expect(take(next, now)).rejects.toEqual(inFlight);
      expect(await find()).toMatchObject(row);
    });

    it.each<[string, IdempotencyRecord, IdempotencyRecord, number]>([
      ['a lapsed claim to the same body', claim, { ...claim, holder: 'second' }, NOW + 1000],
      ['an answer that has expired to any body', done, { ...claim, body: 'two' }, NOW + DAY_MS],
      ['a claim that was given back to any body', { ...claim, expires: 0 }, { ...claim, body: 'two' }, NOW],
    ])('gives %s', async (_case, row, next, now) => {
      const { take, find } = await taken(row);
      await take(next, now);
      expect(await find()).toMatchObject(next);
    });

    it('gives a free place to exactly one of many who ask at the same time', async () => {
      const { store, commit } = driver();
      const place = { ownerId: newUid(), name: 'name' };
      const tries = Array.from({ length: 10 }, (_, n) =>
        commit([store.putIfFree(place, { ...claim, holder: `${n}` }, NOW)]),
      );
      const won = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
    });

    it('settles a claim for its holder, once', async () => {
      const { settle, find } = await taken(claim);
      await settle(done);
      expect(await find()).toMatchObject(done);
      await expect(settle({ ...done, reply: Uint8Array.of(9) })).rejects.toEqual(inFlight);
      expect(await find()).toMatchObject(done);
    });

    it('settles no claim for anybody else, and nothing that was not claimed', async () => {
      const { settle, find, store, commit } = await taken(claim);
      await expect(settle({ ...done, holder: 'second' })).rejects.toEqual(inFlight);
      expect(await find()).toMatchObject(claim);
      const nowhere = { ownerId: newUid(), name: 'name' };
      await expect(commit([store.completeClaim(nowhere, done)])).rejects.toEqual(inFlight);
      expect(await store.find(nowhere)).toBeUndefined();
    });
  },
);
