// An answer that stops after its first event until somebody says how it goes on: a slow provider, without a clock.
export type Hold = {
  readonly held: (pieces: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  readonly go: () => void;
  readonly break: () => void;
};

export function createHold(): Hold {
  const { promise: decided, resolve: decide } = Promise.withResolvers<'go' | 'break'>();
  async function* held(pieces: AsyncIterable<Buffer>) {
    let first = true;
    for await (const piece of pieces) {
      // Events may have come in one lump; the first one goes, whatever came with it.
      const cut = first ? piece.indexOf('\n\n') + 2 : 0;
      if (first) yield piece.subarray(0, cut);
      first = false;
      if ((await decided) === 'break') throw new Error('The provider breaks off.');
      yield piece.subarray(cut);
    }
  }
  return { held, go: () => decide('go'), break: () => decide('break') };
}
