// An unbounded byte queue from a function to its caller, without backpressure: AWS buffers for a slow reader too.

export type ByteQueue = AsyncIterable<Uint8Array> & {
  readonly push: (chunk: Uint8Array) => void;
  readonly end: () => void;
  /** Ends the queue with an error after the bytes already written. */
  readonly fail: (error: Error) => void;
};

/** For one reader. */
export function createByteQueue(): ByteQueue {
  const chunks: Uint8Array[] = [];
  let closed: { error?: Error } | undefined;
  let wake: (() => void) | undefined;

  const close = (how: { error?: Error }): void => {
    closed ??= how;
    wake?.();
  };

  return {
    push(chunk) {
      if (closed === undefined) chunks.push(chunk);
      wake?.();
    },
    end: () => close({}),
    fail: (error) => close({ error }),

    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk;
        if (closed?.error !== undefined) throw closed.error;
        if (closed !== undefined) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
