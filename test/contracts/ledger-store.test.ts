import { expect, it } from 'vitest';

import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { type Change, reservation, settlement } from '#shared/limits/ledger-change.ts';
import { EMPTY, type Hold, type Ledger, reserved } from '#shared/limits/ledger.ts';
import { memoryLedger } from '#test/shared/limits/memory-ledger.ts';

import { contractOf, newUid } from './drivers.ts';

const DAY = '2026-11-22';
const hold: Hold = { provider: 'openai', microUsd: 10, day: DAY, until: Date.UTC(2026, 10, 23) };
const known = { day: DAY, budget: {}, budgetRevision: 0, warned: {} };
const actual = { provider: 'openai', calls: 1, microUsd: 4 };

const opening = (id: string, limits = {}) => reservation(known, { id, hold }, limits);
const closing = (id: string) => settlement(known, { id, hold, actual }, {});
const moved = (ledger: object) => expect.objectContaining({ code: 'conflict', ledger });

contractOf(
  'the ledger store',
  { memory: () => memoryLedger(), table: ({ db, TableName }) => ledgerTable(db, TableName) },
  (driver) => {
    /** A ledger in which `first` is reserved already. */
    async function opened() {
      const { store, commit } = driver();
      const ownerId = newUid();
      await commit([store.replace(ownerId, reserved({ ...EMPTY, day: DAY }, 'first', hold))]);
      const apply = (change: Change) => commit([store.change(ownerId, change)]);
      return { store, commit, ownerId, apply, ledger: async () => (await store.find(ownerId)) as Ledger };
    }

    it('finds no ledger of an owner who has none', async () => {
      expect(await driver().store.find(newUid())).toBeUndefined();
    });

    it('reads back a ledger as it was written, one revision later', async () => {
      const { ledger } = await opened();
      expect(await ledger()).toEqual({ ...reserved({ ...EMPTY, day: DAY }, 'first', hold), revision: 1 });
    });

    it('replaces a ledger only at the revision that was read, and shows the current one otherwise', async () => {
      const { store, commit, ownerId, ledger } = await opened();
      const first = await ledger();
      await commit([store.replace(ownerId, { ...first, day: '2026-11-23' })]);
      await expect(commit([store.replace(ownerId, { ...first, day: '2026-11-24' })])).rejects.toEqual(
        moved({ ...first, day: '2026-11-23', revision: 2 }),
      );
      const current = await ledger();
      await expect(commit([store.replace(ownerId, EMPTY)])).rejects.toEqual(moved(current));
    });

    it('adds a reservation to what is used, and nothing to what is spent', async () => {
      const { apply, ledger } = await opened();
      await apply(opening('second'));
      const { used, spent, open, revision } = await ledger();
      expect(used).toMatchObject({ 'day.calls': 2, 'month.microUsd.openai': 20 });
      expect(spent).toMatchObject({ 'day.calls': 0, 'month.microUsd.openai': 0 });
      expect(Object.keys(open).toSorted()).toEqual(['first', 'second']);
      expect(revision).toBe(2);
    });

    it('counts a reservation once that is written twice, as after a lost answer', async () => {
      const { apply, ledger } = await opened();
      await apply(opening('second'));
      const once = await ledger();
      await expect(apply(opening('second'))).rejects.toEqual(moved(once));
      expect(await ledger()).toEqual(once);
    });

    it('counts a settlement once that is written twice, as after a lost answer', async () => {
      const { apply, ledger } = await opened();
      await apply(closing('first'));
      const once = await ledger();
      expect(once).toMatchObject({ open: {}, spent: { 'day.microUsd': 4 }, used: { 'day.microUsd': 4 } });
      await expect(apply(closing('first'))).rejects.toEqual(moved(once));
      expect(await ledger()).toEqual(once);
    });

    it('settles nothing that was never reserved', async () => {
      const { apply, ledger } = await opened();
      const before = await ledger();
      await expect(apply(closing('another'))).rejects.toEqual(moved(before));
      expect(await ledger()).toEqual(before);
    });

    it.each<[string, Partial<Change>]>([
      ['of another day', { day: '2026-11-23' }],
      ['under a budget that its owner has changed', { budgetRevision: 1 }],
      ['where a gauge shows more than it may', { atMost: { used: { 'day.calls': 0 } } }],
      ['where a gauge is not counted yet', { atMost: { used: { 'day.calls.google': 5 } } }],
      ['where more is spent than may be', { atMost: { spent: { 'day.calls': -1 } } }],
    ])('writes no change %s', async (_case, change) => {
      const { apply, ledger } = await opened();
      const before = await ledger();
      for (const made of [opening('second'), closing('first')]) {
        await expect(apply({ ...made, ...change })).rejects.toEqual(moved(before));
      }
      expect(await ledger()).toEqual(before);
    });

    it('writes a change where a gauge shows exactly what it may', async () => {
      const { apply, ledger } = await opened();
      await apply({ ...opening('second'), atMost: { used: { 'day.calls': 1 } } });
      expect((await ledger()).used['day.calls']).toBe(2);
    });

    it('holds at most 100 open reservations, so that the item stays small', async () => {
      const { store, commit, ownerId } = await opened();
      const ledger = (await store.find(ownerId)) as Ledger;
      const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`r${n}`, hold]));
      await commit([store.replace(ownerId, { ...ledger, open: many })]);
      await expect(commit([store.change(ownerId, opening('more'))])).rejects.toMatchObject({
        code: 'conflict',
      });
      await commit([store.change(ownerId, closing('r0'))]);
      await commit([store.change(ownerId, opening('more'))]);
      await expect(commit([store.change(ownerId, opening('again'))])).rejects.toMatchObject({
        code: 'conflict',
      });
    });

    it('admits exactly as many reservations at once as the limit has room for', async () => {
      const { apply, ledger } = await opened();
      const tries = Array.from({ length: 20 }, (_, n) => apply(opening(`r${n}`, { 'day.calls': 6 })));
      const admitted = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
      expect(admitted).toHaveLength(5);
      expect((await ledger()).used['day.calls']).toBe(6);
    });

    it('forgets with a new budget which warnings about money were given, and no others', async () => {
      const { store, commit, ownerId, ledger } = await opened();
      const warned = { 'day.microUsd': 50, 'month.microUsd': 80, 'day.calls': 50 };
      await commit([store.replace(ownerId, { ...(await ledger()), warned })]);
      const before = await ledger();
      await commit([store.setBudget(ownerId, { dayMicroUsd: 5 })]);
      expect(await ledger()).toEqual({
        ...before,
        budget: { dayMicroUsd: 5 },
        budgetRevision: 1,
        revision: before.revision + 1,
        warned: { 'day.calls': 50 },
      });
    });

    it('keeps a budget that was set before the first call', async () => {
      const { store, commit } = driver();
      const ownerId = newUid();
      await commit([store.setBudget(ownerId, { monthMicroUsd: 7 })]);
      const expected = { ...EMPTY, budget: { monthMicroUsd: 7 }, budgetRevision: 1, revision: 1 };
      expect(await store.find(ownerId)).toEqual(expected);
    });

    it('keeps the ledgers of two owners apart', async () => {
      const { store, commit, ownerId, ledger } = await opened();
      const other = newUid();
      await commit([store.replace(other, { ...EMPTY, day: '2026-01-01' })]);
      await commit([store.change(ownerId, closing('first'))]);
      expect(await store.find(other)).toMatchObject({ day: '2026-01-01', revision: 1, open: {} });
      expect((await ledger()).open).toEqual({});
    });
  },
);
