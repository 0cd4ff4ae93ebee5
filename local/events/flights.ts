// Deliveries that nobody waits for, until somebody asks whether they are done.
export type Flights = {
  readonly add: (work: (signal: AbortSignal) => Promise<void>) => void;
  /** Resolves when nothing is under way; rejects when the signal aborts first. */
  readonly landed: (signal: AbortSignal) => Promise<void>;
  /** Ends what is under way. What is added later is not begun. */
  readonly stop: () => Promise<void>;
};

export function createFlights(): Flights {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  return {
    add(work) {
      if (stopping.signal.aborted) return;
      // A delivery fails only by being stopped: everything else ends in a queue, or is reported as lost.
      const flight = work(stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
      });
      underWay.add(flight);
      void flight.finally(() => underWay.delete(flight));
    },

    async landed(signal) {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      aborted.catch(() => undefined); // it comes too late when all has landed
      while (underWay.size > 0) await Promise.race([Promise.all(underWay), aborted]);
    },

    async stop() {
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}
