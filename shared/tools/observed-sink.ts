import type { ToolCall } from './tool.ts';

/** A sink that records whether it was used: from then on nothing else can answer. */
export function observedSink(sink: ToolCall['sink']) {
  let hasStreamed = false;
  const observing: ToolCall['sink'] =
    sink &&
    ((piece) => {
      hasStreamed = true;
      return sink(piece);
    });
  return { sink: observing, hasStreamed: () => hasStreamed };
}
