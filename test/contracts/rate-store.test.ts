import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { paceTable } from '#shared/aws/pace-table.ts';
import { rateTable } from '#shared/aws/rate-table.ts';
import { memoryRates } from '#test/shared/limits/memory-rates.ts';

import { contractOf, newUid, onTables } from './drivers.ts';

const NOW = 1_800_000_000_000_000;
const at = (now: number) => ({ now, tolerance: 30, interval: 10 });

contractOf(
  'the rate store',
  {
    memory: () => ({ store: memoryRates(), commit: async () => {} }),
    table: ({ db, TableName }) => rateTable(db, TableName),
  },
  (driver) => {
    /** A limit whose next arrival stands at `NOW`. */
    async function started() {
      const { store } = driver();
      const name = newUid();
      await store.restart(name, { now: NOW - 10, interval: 10 });
      return { store, name };
    }

    it('extends nothing that was never started', async () => {
      expect(await driver().store.extend(newUid(), at(NOW))).toEqual({ moved: false, tat: undefined });
    });

    it('starts a limit once', async () => {
      const { store } = driver();
      const name = newUid();
      expect(await store.restart(name, { now: NOW, interval: 10 })).toBeDefined();
      expect(await store.restart(name, { now: NOW, interval: 10 })).toBeUndefined();
    });

    it('starts a limit anew only once its next arrival lies in the past', async () => {
      const { store, name } = await started();
      expect(await store.restart(name, { now: NOW, interval: 10 })).toBeUndefined();
      expect(await store.restart(name, { now: NOW + 1, interval: 10 })).toBeDefined();
      expect(await store.extend(name, { ...at(NOW + 100), tolerance: 0 })).toEqual({
        moved: false,
        tat: NOW + 11,
      });
    });

    it('extends a limit from now to the tolerance, both included, and not past it', async () => {
      const { store, name } = await started();
      for (let n = 0; n < 4; n += 1) expect(await store.extend(name, at(NOW))).toMatchObject({ moved: true });
      expect(await store.extend(name, at(NOW))).toEqual({ moved: false, tat: NOW + 40 });
    });

    it('extends no limit whose next arrival lies in the past', async () => {
      const { store, name } = await started();
      expect(await store.extend(name, at(NOW + 1))).toEqual({ moved: false, tat: NOW });
    });

    it('gives each place away once, however many ask at the same time', async () => {
      const { store, name } = await started();
      const asked = await Promise.all(Array.from({ length: 20 }, () => store.extend(name, at(NOW))));
      expect(asked.filter(({ moved }) => moved)).toHaveLength(4);
      const other = newUid();
      const starts = Array.from({ length: 10 }, () => store.restart(other, { now: NOW, interval: 10 }));
      expect((await Promise.all(starts)).filter((beside) => beside !== undefined)).toHaveLength(1);
    });

    it('keeps two limits apart', async () => {
      const { store } = await started();
      expect(await store.extend(newUid(), at(NOW))).toMatchObject({ moved: false });
    });
  },
);

onTables('the pace of a provider beside a rate', (table) => {
  const clock = { ms: NOW / 1000 };
  const pace = (left: number, until = clock.ms + 1000) => ({ left, until });

  async function given() {
    const { db, TableName } = table();
    const name = newUid();
    const rates = rateTable(db, TableName);
    const paces = paceTable(db, { TableName, now: () => clock.ms });
    await rates.restart(name, { now: NOW - 10, interval: 10 });
    const heard = async () => {
      const extended = await rates.extend(name, at(NOW));
      return extended.moved ? paces.read(extended.beside, 'openai') : undefined;
    };
    return { paces, name, heard, db, TableName };
  }

  it('comes back with the next write of the rate', async () => {
    const { paces, name, heard } = await given();
    expect(await heard()).toBeUndefined();
    await paces.publish(name, 'openai', pace(0.2));
    expect(await heard()).toEqual(pace(0.2));
  });

  it('gives way only to a tighter one, or once it is over', async () => {
    const { paces, name, heard } = await given();
    await paces.publish(name, 'openai', pace(0.2));
    await paces.publish(name, 'openai', pace(0.3));
    expect(await heard()).toEqual(pace(0.2));
    await paces.publish(name, 'openai', pace(0.1));
    expect(await heard()).toEqual(pace(0.1));
    clock.ms += 1000;
    await paces.publish(name, 'openai', pace(0.9));
    expect(await heard()).toEqual(pace(0.9));
  });

  it('makes no row where there is no rate, for it would never expire', async () => {
    const { paces, db, TableName } = await given();
    const name = newUid();
    await paces.publish(name, 'openai', pace(0.2));
    const { Item } = await db.send(new GetCommand({ TableName, Key: { pk: `RATE#${name}`, sk: 'gcra' } }));
    expect(Item).toBeUndefined();
  });
});
