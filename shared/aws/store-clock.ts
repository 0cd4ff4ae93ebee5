// The store's clock, as far as its answers tell: limits are counted by one clock, not by each instance's own.

/** `Date` headers tell whole seconds, and an answer takes time: less than this is no difference. */
const TOLERANCE_MS = 2000;

let offsetMs = 0;

/** @param date an answer's `Date` header, at the moment it arrived */
export function learnFrom(date: string | undefined, now: number = Date.now()): void {
  const server = Date.parse(date ?? '');
  if (Number.isNaN(server)) return;
  const difference = server - now;
  offsetMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
}

/** Microseconds since the epoch by the store's clock. */
export const storeMicroseconds = (): number => Math.floor((Date.now() + offsetMs) * 1000);
