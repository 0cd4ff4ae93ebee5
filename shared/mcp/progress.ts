// Signs of life of a long call, and what is heard of how far it is. They also keep the stream open: its keep-alive starts with the
// first of them.
import { setTimeout as pause } from 'node:timers/promises';

import type { ServerContext } from '@modelcontextprotocol/server';

import type { Progress, ToolCall } from '#shared/tools/tool.ts';

const BEAT_MS = 5000;
/** So little that whatever the call itself tells next is more. */
const BEAT = 0.001;

/**
 * Tells a client that asked for it that the work goes on, and hands on what the work tells: values only ever rise, as the
 * protocol wants it. What the work comes to is not touched by it.
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
  })().catch(() => {}); // the client has gone, or the work has ended: there is nobody to tell
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
