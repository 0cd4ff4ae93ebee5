// Leases without a table, by the clock they are given.
import type { Leases } from '#shared/vault/renewal.ts';

export function memoryLeases(now: () => number): Leases {
  const held = new Map<string, { fence: number; until: number; resting: boolean }>();
  return {
    async take(name, seconds) {
      const before = held.get(name);
      if (before && before.until > now()) return { resting: before.resting };
      const fence = (before?.fence ?? 0) + 1;
      const end = (until: number, resting: boolean) => {
        if (held.get(name)?.fence === fence) held.set(name, { fence, until, resting });
      };
      held.set(name, { fence, until: now() + seconds * 1000, resting: false });
      return {
        release: async () => end(0, false),
        rest: async (pause) => end(now() + pause * 1000, true),
      };
    },
  };
}
