/** Remaining time of a call, and the signal that ends its waits. */
export type Deadline = { readonly signal: AbortSignal; readonly remainingMs: () => number };

export function deadlineIn(ms: number, now: () => number = Date.now): Deadline {
  const end = now() + ms;
  return { signal: AbortSignal.timeout(Math.max(1, ms)), remainingMs: () => Math.max(0, end - now()) };
}
