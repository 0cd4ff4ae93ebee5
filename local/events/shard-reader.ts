// Reads all shards of a stream, parents before their children.
import { createShardCursor, type ShardCursor, type ShardCursorOptions } from './shard-cursor.ts';
import type { Position, Shard } from './stream.ts';

type ShardReaderOptions = ShardCursorOptions & { readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' };

/** Refresh interval of the shard list; the end of a shard refreshes it at once. */
const SHARDS_FRESH_MS = 5_000;

/** One pass over all shards: handles every available record and returns their number. */
export type ReadAll = (signal: AbortSignal) => Promise<number>;

export function createShardReader(options: ShardReaderOptions): ReadAll {
  const { stream, checkpoint, startingPosition } = options;
  const cursors = new Map<string, ShardCursor>();
  let shards: readonly Shard[] = [];
  let shardsReadAt = -Infinity;
  // Only a new pipe may start at LATEST; shards that appear later are read from their beginning.
  let beginning: Position = checkpoint.isNew() ? startingPosition : 'TRIM_HORIZON';

  async function refreshShards(): Promise<void> {
    shards = await stream.shards();
    shardsReadAt = performance.now();
    for (const { id } of shards) {
      if (!cursors.has(id)) cursors.set(id, createShardCursor(id, beginning, options));
    }
    beginning = 'TRIM_HORIZON';
  }

  const isOpen = ({ id }: Shard) => cursors.get(id)?.ended() === false;

  return async function readAll(signal) {
    if (performance.now() - shardsReadAt > SHARDS_FRESH_MS) await refreshShards();
    const open = shards.filter(isOpen);
    const ready = open.filter(({ parent }) => !open.some(({ id }) => id === parent));
    let count = 0;
    for (const { id } of ready) {
      const cursor = cursors.get(id);
      count += (await cursor?.drain(signal)) ?? 0;
      if (cursor?.ended()) shardsReadAt = -Infinity;
    }
    return count;
  };
}
