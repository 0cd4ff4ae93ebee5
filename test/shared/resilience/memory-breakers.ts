// A breaker store in memory, shared by guards that stand for instances.
import type { Breaker } from '#shared/resilience/circuit-state.ts';
import type { BreakerStore } from '#shared/resilience/upstream.ts';

export function memoryBreakers(): BreakerStore {
  const rows = new Map<string, { group: string; breaker: Breaker }>();
  return {
    list: async (group) =>
      [...rows.values()].filter((row) => row.group === group).map(({ breaker }) => breaker),
    async replace(group, { before, after }) {
      const id = `${group} ${after.name}`;
      const current = rows.get(id)?.breaker;
      if ((current?.version ?? 0) !== before.version) return { saved: false, current };
      rows.set(id, { group, breaker: after });
      return { saved: true };
    },
  };
}
