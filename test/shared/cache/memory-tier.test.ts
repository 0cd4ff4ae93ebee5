import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createMemoryTier } from '#shared/cache/memory-tier.ts';

function given(bounds: Partial<Parameters<typeof createMemoryTier>[0]> = {}) {
  const clock = { ms: 1_000_000 };
  const limits = { maxEntries: 3, maxBytes: 100, maxAgeMs: 1000, ...bounds };
  return { clock, tier: createMemoryTier<unknown>(limits, () => clock.ms) };
}

describe('the memory tier', () => {
  it.each([0, '', false, null])('returns the stored value %j, which is falsy', (value) => {
    const { tier } = given();
    tier.set('a', value, 1);
    expect(tier.get('a')).toBe(value);
  });

  it('drops an entry at its maximum age, and one from a clock that was set back', () => {
    const { tier, clock } = given();
    tier.set('a', 1, 1);
    clock.ms += 999;
    expect(tier.get('a')).toBe(1);
    clock.ms += 1;
    expect(tier.get('a')).toBeUndefined();
    tier.set('b', 2, 1);
    clock.ms -= 1;
    expect(tier.get('b')).toBeUndefined();
    expect(tier.size()).toEqual({ entries: 0, bytes: 0 });
  });

  it('evicts the least recently used entry first', () => {
    const { tier } = given();
    for (const name of ['a', 'b', 'c']) tier.set(name, name, 1);
    tier.get('a');
    tier.set('d', 'd', 1);
    expect(['a', 'b', 'c', 'd'].map((name) => tier.get(name))).toEqual(['a', undefined, 'c', 'd']);
  });

  it('evicts as many entries as the bytes of a new one need', () => {
    const { tier } = given();
    tier.set('a', 1, 40);
    tier.set('b', 2, 40);
    tier.set('c', 3, 90);
    expect(tier.size()).toEqual({ entries: 1, bytes: 90 });
    expect(tier.get('c')).toBe(3);
  });

  it('removes the earlier value of a name whose new value exceeds the bounds', () => {
    const { tier } = given();
    tier.set('a', 1, 10);
    tier.set('a', 2, 101);
    expect(tier.get('a')).toBeUndefined();
  });

  it('stays within its bounds and counts its bytes exactly under any operations', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('set'), name: fc.nat(9), bytes: fc.nat(120) }),
      fc.record({ kind: fc.constant('delete'), name: fc.nat(9), bytes: fc.constant(0) }),
      fc.record({ kind: fc.constant('pass'), name: fc.nat(9), bytes: fc.nat(400) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { tier, clock } = given();
        for (const { kind, name, bytes } of operations) {
          if (kind === 'set') tier.set(String(name), bytes, bytes);
          else if (kind === 'delete') tier.delete(String(name));
          else clock.ms += bytes;
          const kept = Array.from({ length: 10 }, (_, at) => tier.get(String(at))).filter(
            (value) => value !== undefined,
          );
          const { entries, bytes: total } = tier.size();
          expect(entries).toBe(kept.length);
          expect(total).toBe((kept as number[]).reduce((sum, value) => sum + value, 0));
          expect(entries).toBeLessThanOrEqual(3);
          expect(total).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});
