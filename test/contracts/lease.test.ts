import { expect, it } from 'vitest';

import { leaseTable } from '#shared/aws/lease-table.ts';
import type { Lease } from '#shared/vault/renewal.ts';
import { memoryLeases } from '#test/shared/vault/memory-leases.ts';

import { contractOf, newUid } from './drivers.ts';

contractOf(
  'the leases',
  {
    memory: (clock) => ({ store: memoryLeases(() => clock.ms), commit: async () => {} }),
    table: ({ db, TableName }, clock) => leaseTable(db, { TableName, now: () => clock.ms }),
  },
  (driver) => {
    function given() {
      const { store, clock } = driver();
      const name = newUid();
      const pass = (seconds: number) => {
        clock.ms += seconds * 1000;
      };
      const take = async () => {
        const lease = await store.take(name, 30);
        if (!('release' in lease)) throw new Error('The lease is not to be had.');
        return lease satisfies Lease;
      };
      return { store, name, pass, take, ask: () => store.take(name, 30) };
    }

    it('are held by exactly one of many who ask at the same time', async () => {
      const { ask } = given();
      const all = await Promise.all(Array.from({ length: 10 }, ask));
      expect(all.filter((lease) => 'release' in lease)).toHaveLength(1);
      expect(all.filter((lease) => 'resting' in lease && !lease.resting)).toHaveLength(9);
    });

    it('are free once they are released', async () => {
      const { take } = given();
      await (await take()).release();
      expect(await take()).toHaveProperty('release');
    });

    it('outlive a dead holder for as long as they were taken for, and no longer', async () => {
      const { take, ask, pass } = given();
      await take();
      pass(29.999);
      expect(await ask()).toEqual({ resting: false });
      pass(0.001);
      expect(await ask()).toHaveProperty('release');
    });

    it('are not given back by a holder whose time was over and who was followed by another', async () => {
      const { take, ask, pass } = given();
      const late = await take();
      pass(30);
      await take();
      await late.release();
      expect(await ask()).toEqual({ resting: false });
      await late.rest(60);
      expect(await ask()).toEqual({ resting: false });
    });

    it('are not to be had while they rest, and say so', async () => {
      const { take, ask, pass } = given();
      await (await take()).rest(60);
      pass(59.999);
      expect(await ask()).toEqual({ resting: true });
      pass(0.001);
      expect(await ask()).toHaveProperty('release');
      expect(await ask()).toEqual({ resting: false });
    });

    it('of two names do not concern each other', async () => {
      const { store, take } = given();
      await take();
      expect(await store.take(newUid(), 30)).toHaveProperty('release');
    });
  },
);
