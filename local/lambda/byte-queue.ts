// Bytes from a function to whoever called it. Never slows the writer down: AWS doesn't pass on a slow reader.

export type ByteQueue = AsyncIterable<Uint8Array> & {
  readonly push: (chunk: Uint8Array) => void;
  readonly end: () => void;
  /** The reader first gets what was written, then this error. */
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
