// Single flight within an instance: lookups of a name wait for the one that is in progress.
import type { Deadline } from '#shared/core/deadline.ts';

export type LocalFlight = {
  /** The lookup waited for its longest time first. */
  readonly isLate: boolean;
  readonly end: () => void;
};

export type LocalFlights = {
  /**
   * Waits while another lookup of this name is in progress and `isReady` is false. One that takes most of the time left is taken
   * over by the first that waits; the others wait for that one once more.
   * @returns the caller's own flight; undefined once `isReady`
   */
  readonly enter: (
    name: string,
    wait: { deadline: Deadline; isReady: () => boolean },
  ) => Promise<LocalFlight | undefined>;
};

/** Longer than the flight in progress waits for another instance: it ends first. */
const FIRST_SHARE = 0.75;
const SECOND_SHARE = 0.5;

type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;
type InProgress = { readonly over: Promise<void>; readonly isTakeover: boolean };

export function createLocalFlights({ wait, now }: { wait: Wait; now: () => number }): LocalFlights {
  const flights = new Map<string, InProgress>();

  function start(name: string, isLate: boolean): LocalFlight {
    const { promise, resolve } = Promise.withResolvers<void>();
    const flight = { over: promise, isTakeover: isLate };
    flights.set(name, flight);
    const end = () => {
      if (flights.get(name) === flight) flights.delete(name);
      resolve();
    };
    return { isLate, end };
  }

  async function waitFor({ over }: InProgress, ms: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    await Promise.race([over, wait(ms, AbortSignal.any([signal, ended.signal]))]);
    ended.abort();
  }

  return {
    async enter(name, { deadline: { remainingMs, signal }, isReady }) {
      let bound = now() + remainingMs() * FIRST_SHARE;
      let isExtended = false;
      for (let flight = flights.get(name); flight; flight = flights.get(name)) {
        if (isReady()) return undefined;
        const isLate = now() >= bound;
        if (signal.aborted || (isLate && (isExtended || !flight.isTakeover))) return start(name, true);
        if (isLate) {
          bound = now() + remainingMs() * SECOND_SHARE;
          isExtended = true;
        }
        await waitFor(flight, bound - now(), signal);
      }
      return isReady() ? undefined : start(name, isExtended);
    },
  };
}
