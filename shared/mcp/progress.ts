// Progress notifications of a long call, including heartbeats. They also keep the stream open: its keep-alive starts
// with the first of them.
import { setTimeout as pause } from 'node:timers/promises';

import type { ServerContext } from '@modelcontextprotocol/server';

import type { Progress, ToolCall } from '#shared/tools/tool.ts';

const BEAT_MS = 5000;
/** Smaller than any progress value that the call itself reports. */
const BEAT = 0.001;

/**
 * Sends heartbeats to a client that requested progress, and forwards the reported progress. Values only increase, as
 * the protocol requires. The result of the work is unaffected.
 */
export async function withProgress<T>(
  { mcpReq }: ServerContext,
  work: (progress?: ToolCall['progress']) => Promise<T>,
): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return work();
  const ended = new AbortController();
  let last = -1;
  let total: number | undefined;

  const tell = async (update: Progress): Promise<void> => {
    if (ended.signal.aborted || update.progress <= last) return;
    last = update.progress;
    const { message } = update;
    await mcpReq.notify({
      method: 'notifications/progress',
      params: {
        progressToken,
        progress: last,
        ...(update.total !== undefined && { total: update.total }),
        ...(message !== undefined && { message }),
      },
    });
  };
  const beats = (async () => {
    for (let beat = 0; !ended.signal.aborted; beat += 1) {
      const progress = beat === 0 ? 0 : last + BEAT;
      await tell({ progress, total, message: 'Waiting for the provider' });
      await pause(BEAT_MS, undefined, { signal: ended.signal });
    }
  })().catch(() => {}); // the client disconnected or the work ended
  try {
    return await work((update) => {
      ({ total } = update);
      void tell(update).catch(() => {}); // as above
    });
  } finally {
    ended.abort();
    await beats;
  }
}
