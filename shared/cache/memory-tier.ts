// First tier of the cache: the memory of one instance, bounded in entries and bytes. Timers do not run in a frozen Lambda, so
// entries carry times instead.

export type MemoryTier<T> = {
  /** The value, unless it was stored longer than `maxAgeMs` ago or in the future of a clock that was set back. */
  readonly get: (name: string) => T | undefined;
  /** Replaces an earlier value. A value that alone exceeds the bounds is not kept. @param bytes its size */
  readonly set: (name: string, value: T, bytes: number) => void;
  readonly delete: (name: string) => void;
  readonly clear: () => void;
  readonly size: () => { readonly entries: number; readonly bytes: number };
};

type Bounds = { readonly maxEntries: number; readonly maxBytes: number; readonly maxAgeMs: number };
type Entry<T> = { readonly value: T; readonly bytes: number; readonly storedAt: number };

/** Least recently used entries leave first. */
export function createMemoryTier<T>(
  { maxEntries, maxBytes, maxAgeMs }: Bounds,
  now: () => number,
): MemoryTier<T> {
  const entries = new Map<string, Entry<T>>();
  let total = 0;

  function remove(name: string): void {
    const entry = entries.get(name);
    if (!entry) return;
    total -= entry.bytes;
    entries.delete(name);
  }

  function evictUntilWithinBounds(): void {
    for (const [name] of entries) {
      if (entries.size <= maxEntries && total <= maxBytes) return;
      remove(name);
    }
  }

  return {
    get(name) {
      const entry = entries.get(name);
      if (!entry) return undefined;
      const age = now() - entry.storedAt;
      if (age < 0 || age >= maxAgeMs) {
        remove(name);
        return undefined;
      }
      // Insertion order is the order of use.
      entries.delete(name);
      entries.set(name, entry);
      return entry.value;
    },
    set(name, value, bytes) {
      remove(name);
      if (bytes > maxBytes) return;
      entries.set(name, { value, bytes, storedAt: now() });
      total += bytes;
      evictUntilWithinBounds();
    },
    delete: remove,
    clear() {
      entries.clear();
      total = 0;
    },
    size: () => ({ entries: entries.size, bytes: total }),
  };
}
