/** The three ends of our patience, and the caller's own. */
export type Patience = {
  readonly signal: AbortSignal;
  /** Something came: wait for the next piece from now on. */
  readonly heard: () => void;
  readonly done: () => void;
};

/**
 * Ends a call that takes too long: in all, until its headers, or between two pieces of its body. One clock of
 * silence alone would let an upstream drip for ever, one for the whole would wait long on a dead one.
 */
export function createPatience(limits: {
  deadlineMs: number;
  headersMs: number;
  idleMs: number;
  caller: AbortSignal | undefined;
}): Patience {
  const { deadlineMs, headersMs, idleMs, caller } = limits;
  const controller = new AbortController();
  const end = () => controller.abort();
  const whole = setTimeout(end, deadlineMs);
  let silence = setTimeout(end, headersMs);
  caller?.addEventListener('abort', end, { once: true });
  if (caller?.aborted || deadlineMs <= 0) end();
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(silence);
      silence = setTimeout(end, idleMs);
    },
    done() {
      clearTimeout(whole);
      clearTimeout(silence);
      caller?.removeEventListener('abort', end);
    },
  };
}
