// A response that pauses after its first event until a test resumes or aborts it: a slow provider without a clock.
export type PausedResponse = {
  readonly pausing: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  readonly resume: () => void;
  /** Breaks the connection. */
  readonly abort: () => void;
};

export function createPausedResponse(): PausedResponse {
  const { promise: decided, resolve: decide } = Promise.withResolvers<'resume' | 'abort'>();
  async function* pausing(chunks: AsyncIterable<Buffer>) {
    let isFirst = true;
    for await (const chunk of chunks) {
      // One chunk may hold several events: only the first is sent before the pause.
      const end = isFirst ? chunk.indexOf('\n\n') + 2 : 0;
      if (isFirst) yield chunk.subarray(0, end);
      isFirst = false;
      if ((await decided) === 'abort') throw new Error('The response was aborted.');
      yield chunk.subarray(end);
    }
  }
  return { pausing, resume: () => decide('resume'), abort: () => decide('abort') };
}
