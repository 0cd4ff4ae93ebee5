import { expect, it } from 'vitest';

import { breakerReads } from '#shared/aws/breaker-table.ts';
import { breakerWrites } from '#shared/aws/breaker-writes.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { newBreaker } from '#shared/resilience/circuit-breaker.ts';
import type { Breaker } from '#shared/resilience/circuit-state.ts';
import { memoryBreakers } from '#test/shared/resilience/memory-breakers.ts';

import { contractOf, newUid } from './drivers.ts';

const OUTAGE = { since: 5, reason: 'upstream_failed', retryAt: 9, failedProbes: 1 };

const versioned = (version: number, more: Partial<Breaker> = {}): Breaker => ({
  ...newBreaker('openai'),
  version,
  failed: version,
  ...more,
});

contractOf(
  'the circuit breakers',
  {
    memory: () => ({ store: memoryBreakers(), commit: async () => {} }),
    table: ({ db, TableName }, clock) => ({
      ...breakerReads(db, TableName),
      ...breakerWrites({ TableName, commit: transaction(db), now: () => clock.ms }),
    }),
  },
  (driver) => {
    function given() {
      const { store } = driver();
      const group = newUid();
      const replace = (before: Breaker, after: Breaker) => store.replace(group, { before, after, also: [] });
      return { store, group, replace, list: () => store.list(group) };
    }

    it('are listed by group as they were written, with outage and probe', async () => {
      const { store, list, replace } = given();
      expect(await list()).toEqual([]);
      const open = versioned(1, {
        owners: ['one'],
        outage: { ...OUTAGE, onlyFor: 'one', probe: { fence: 1, until: 7 } },
      });
      expect(await replace(newBreaker('openai'), open)).toEqual({ saved: true });
      expect(await list()).toEqual([open]);
      expect(await store.list(newUid())).toEqual([]);
    });

    it('are replaced by exactly one of many who read the same version', async () => {
      const { list, replace } = given();
      const first = versioned(1, { outage: OUTAGE });
      await replace(newBreaker('openai'), first);
      const after = Array.from({ length: 10 }, (_, n) =>
        versioned(2, { outage: { ...OUTAGE, probe: { fence: 2, until: n } } }),
      );
      const outcomes = await Promise.all(after.map((each) => replace(first, each)));
      const won = outcomes.findIndex(({ saved }) => saved);
      expect(outcomes.filter(({ saved }) => saved)).toHaveLength(1);
      const seen = outcomes.flatMap((outcome) => (outcome.saved ? [] : [outcome.current]));
      expect(seen).toEqual(seen.map(() => after[won]));
      expect(await list()).toEqual([after[won]]);
    });

    it('are created by exactly one of two who found none', async () => {
      const { replace } = given();
      const outcomes = await Promise.all(
        [3, 4].map((succeeded) => replace(newBreaker('openai'), versioned(1, { succeeded }))),
      );
      expect(outcomes.filter(({ saved }) => saved)).toHaveLength(1);
    });
  },
);
