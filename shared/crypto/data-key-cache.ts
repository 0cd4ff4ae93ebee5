// Keys that came of unwrapped data keys, in memory, for opening only. One cache per policy: a shared one would let a message
// opened under a lax policy vouch for itself under a strict one (CVE-2026-6550).

const TTL_MS = 60_000;
const MAX_ENTRIES = 200;
const MAX_USES = 100;

type Load = () => Promise<Uint8Array>;
type Entry = { readonly key: Uint8Array; readonly loadedAt: number; uses: number };

export type DataKeyCache = {
  /**
   * Runs `run` with the key called `id`, loading it at most once at a time. `run` is synchronous, so
   * that no key is zeroed while in use; it must not keep the key. A key under which `run` throws is
   * forgotten.
   */
  use: <T>(id: string, load: Load, run: (key: Uint8Array) => T) => Promise<T>;
};

export function createDataKeyCache({ now = Date.now }: { now?: () => number } = {}): DataKeyCache {
  const entries = new Map<string, Entry>();
  const flights = new Map<string, Promise<void>>();

  function evict(id: string) {
    entries.get(id)?.key.fill(0);
    entries.delete(id);
  }

  /**
   * On each use, not by timer: a frozen Lambda runs none. A clock that went back makes an entry old, never
   * young.
   */
  function evictOld() {
    for (const [id, { loadedAt }] of entries) {
      const age = now() - loadedAt;
      if (age < 0 || age >= TTL_MS) evict(id);
    }
  }

  function keep(id: string, entry: Entry) {
    evict(id);
    const [oldest] = entries.keys();
    if (entries.size >= MAX_ENTRIES && oldest !== undefined) evict(oldest);
    entries.set(id, entry);
  }

  function runWith<T>(id: string, entry: Entry, run: (key: Uint8Array) => T): T {
    entry.uses += 1;
    let usable = false;
    try {
      const result = run(entry.key);
      usable = entry.uses < MAX_USES;
      return result;
    } finally {
      if (!usable) evict(id);
    }
  }

  async function loadAndRun<T>(id: string, load: Load, run: (key: Uint8Array) => T): Promise<T> {
    const loadedAt = now(); // before the call: the master key may be disabled while it is under way
    const loading = load();
    const flight = loading.then(() => undefined);
    flight.catch(() => undefined); // nobody may be waiting; the loader sees the error itself
    flights.set(id, flight);
    try {
      const entry = { key: await loading, loadedAt, uses: 0 };
      keep(id, entry);
      return runWith(id, entry, run);
    } finally {
      flights.delete(id);
    }
  }

  return {
    async use(id, load, run) {
      // Ends: whoever waits here finds the key or is the next to load it, and a loader always serves itself.
      for (;;) {
        evictOld();
        const entry = entries.get(id);
        if (entry) return runWith(id, entry, run);
        const flight = flights.get(id);
        if (!flight) return loadAndRun(id, load, run);
        await flight;
      }
    },
  };
}
