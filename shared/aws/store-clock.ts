// Clock of the store, derived from its responses: limits use one clock instead of each instance's own.

/** `Date` headers have a resolution of seconds, and responses have latency: smaller differences are ignored. */
const TOLERANCE_MS = 2000;

let offsetMs = 0;

/** @param date `Date` header of a response, at the moment it arrived */
export function learnFrom(date: string | undefined, now: number = Date.now()): void {
  const server = Date.parse(date ?? '');
  if (Number.isNaN(server)) return;
  const difference = server - now;
  offsetMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
}

/** Microseconds since the epoch by the store's clock. */
export const storeMicroseconds = (): number => Math.floor((Date.now() + offsetMs) * 1000);
