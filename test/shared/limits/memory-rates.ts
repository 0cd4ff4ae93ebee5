// Rate limits without a table: what the conditional writes do, one at a time.
import type { RateStore } from '#shared/limits/gcra.ts';

export function memoryRates(): RateStore {
  const tats = new Map<string, number>();
  return {
    async extend(name, { now, tolerance, interval }) {
      const tat = tats.get(name);
      if (tat === undefined || tat < now || tat > now + tolerance) return { moved: false, tat };
      tats.set(name, tat + interval);
      return { moved: true, beside: {} };
    },
    async restart(name, { now, interval }) {
      const tat = tats.get(name);
      if (tat !== undefined && tat >= now) return undefined;
      tats.set(name, now + interval);
      return {};
    },
  };
}
