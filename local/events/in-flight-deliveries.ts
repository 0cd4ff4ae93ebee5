// Asynchronous deliveries in flight, with a way to wait for all of them.
export type InFlightDeliveries = {
  readonly add: (work: (signal: AbortSignal) => Promise<void>) => void;
  /** Resolves when nothing is in flight; rejects when the signal aborts first. */
  readonly settled: (signal: AbortSignal) => Promise<void>;
  /** Aborts deliveries in flight and ignores later ones. */
  readonly stop: () => Promise<void>;
};

export function createInFlightDeliveries(): InFlightDeliveries {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();

  return {
    add(work) {
      if (stopping.signal.aborted) return;
      // A delivery rejects only when aborted: every other failure goes to a queue or is reported as lost.
      const delivery = work(stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
      });
      inFlight.add(delivery);
      void delivery.finally(() => inFlight.delete(delivery));
    },

    async settled(signal) {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      aborted.catch(() => undefined); // may reject after the last delivery has settled
      while (inFlight.size > 0) await Promise.race([Promise.all(inFlight), aborted]);
    },

    async stop() {
      stopping.abort();
      await Promise.all(inFlight);
    },
  };
}
