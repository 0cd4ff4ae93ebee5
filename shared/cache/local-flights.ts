// Single flight within an instance: lookups of a name wait for the one that is in progress.

export type LocalFlights = {
  /**
   * Resolves once no flight of this name is in progress, or `isReady` afterwards.
   * @returns false at the end of `maxMs`
   */
  readonly settled: (name: string, wait: { maxMs: number; isReady: () => boolean }) => Promise<boolean>;
  /** @returns a function that ends the flight */
  readonly start: (name: string) => () => void;
};

type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

export function createLocalFlights({ wait, now }: { wait: Wait; now: () => number }): LocalFlights {
  const flights = new Map<string, Promise<void>>();

  return {
    async settled(name, { maxMs, isReady }) {
      const end = now() + maxMs;
      for (let flight = flights.get(name); flight && !isReady(); flight = flights.get(name)) {
        const left = end - now();
        if (left <= 0) return false;
        const over = new AbortController();
        await Promise.race([flight, wait(left, over.signal)]);
        over.abort();
      }
      return true;
    },
    start(name) {
      const { promise, resolve } = Promise.withResolvers<void>();
      flights.set(name, promise);
      return () => {
        if (flights.get(name) === promise) flights.delete(name);
        resolve();
      };
    },
  };
}
