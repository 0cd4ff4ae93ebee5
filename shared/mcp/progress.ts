// Signs of life of a long call. They also keep the stream open: its keep-alive starts with the first of them.
import { setTimeout as pause } from 'node:timers/promises';

import type { ServerContext } from '@modelcontextprotocol/server';

const BEAT_MS = 5000;

/** Tells a client that asked for it how many seconds the work has taken. What the work comes to is not touched by it. */
export async function withProgress<T>({ mcpReq }: ServerContext, work: () => Promise<T>): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return work();
  const ended = new AbortController();
  const beats = (async () => {
    for (let seconds = 0; !ended.signal.aborted; seconds += BEAT_MS / 1000) {
      const params = { progressToken, progress: seconds, message: 'Waiting for the provider' };
      await mcpReq.notify({ method: 'notifications/progress', params });
      await pause(BEAT_MS, undefined, { signal: ended.signal });
    }
  })().catch(() => {}); // the client has gone, or the work has ended: there is nobody to tell
  try {
    return await work();
  } finally {
    ended.abort();
    await beats;
  }
}
