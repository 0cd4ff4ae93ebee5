/** The three timeouts of a call, and the abort signal of the caller. */
export type Timeouts = {
  readonly signal: AbortSignal;
  /** Restarts the timeout between two chunks. */
  readonly restartIdle: () => void;
  readonly done: () => void;
};

/**
 * Ends a call that takes too long: in total, until its headers, or between two chunks of its body. An idle timeout
 * alone would allow an endless slow response; a total timeout alone would wait long for a dead one.
 */
export function createTimeouts(limits: {
  deadlineMs: number;
  headersMs: number;
  idleMs: number;
  caller: AbortSignal | undefined;
}): Timeouts {
  const { deadlineMs, headersMs, idleMs, caller } = limits;
  const controller = new AbortController();
  const end = () => controller.abort();
  const whole = setTimeout(end, deadlineMs);
  let idle = setTimeout(end, headersMs);
  caller?.addEventListener('abort', end, { once: true });
  if (caller?.aborted || deadlineMs <= 0) end();
  return {
    signal: controller.signal,
    restartIdle() {
      clearTimeout(idle);
      idle = setTimeout(end, idleMs);
    },
    done() {
      clearTimeout(whole);
      clearTimeout(idle);
      caller?.removeEventListener('abort', end);
    },
  };
}
