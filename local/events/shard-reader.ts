// Reads all shards of a stream, parents before their children.
import { createShardCursor, type ShardCursor, type ShardCursorOptions } from './shard-cursor.ts';
import type { Position, Shard } from './stream.ts';

type ShardReaderOptions = ShardCursorOptions & { readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' };

/** How long a new shard may stay unnoticed; the end of one makes the reader look at once. */
const SHARDS_FRESH_MS = 5_000;

/** One pass over all shards: handles every record there is, and answers how many. */
export type ReadAll = (signal: AbortSignal) => Promise<number>;

export function createShardReader(options: ShardReaderOptions): ReadAll {
  const { stream, checkpoint, startingPosition } = options;
  const cursors = new Map<string, ShardCursor>();
  let shards: readonly Shard[] = [];
  let shardsReadAt = -Infinity;
  // Only a pipe that never ran may begin at the end; shards that come later are read from their start.
  let beginning: Position = checkpoint.isNew() ? startingPosition : 'TRIM_HORIZON';

  async function look(): Promise<void> {
    shards = await stream.shards();
    shardsReadAt = performance.now();
    for (const { id } of shards) {
      if (!cursors.has(id)) cursors.set(id, createShardCursor(id, beginning, options));
    }
    beginning = 'TRIM_HORIZON';
  }

  const isOpen = ({ id }: Shard) => cursors.get(id)?.ended() === false;

  return async function readAll(signal) {
    if (performance.now() - shardsReadAt > SHARDS_FRESH_MS) await look();
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
