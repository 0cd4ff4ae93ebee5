// In-memory cache of keys derived from unwrapped data keys, for decryption only. One cache per policy: in a shared one,
// a message decrypted under a lax policy would pass under a strict one (CVE-2026-6550).

const TTL_MS = 60_000;
const MAX_ENTRIES = 200;
const MAX_USES = 100;

type Load = () => Promise<Uint8Array>;
type Entry = { readonly key: Uint8Array; readonly loadedAt: number; uses: number };

export type DataKeyCache = {
  /**
   * Runs `run` with the key of this `id`, loading it at most once at a time. `run` is synchronous, so that no key is
   * zeroed while in use; it must not keep the key. A key for which `run` throws is evicted.
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
   * Expiry is checked on each use, because timers do not run in a frozen Lambda. If the clock was set back, an entry
   * counts as expired.
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
    const loadedAt = now(); // time before the call: the master key may be disabled during the call
    const loading = load();
    const flight = loading.then(() => undefined);
    flight.catch(() => undefined); // there may be no waiter; the loader receives the error itself
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
      // Terminates: each waiter finds the key or becomes the next loader, and a loader always uses its own result.
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
