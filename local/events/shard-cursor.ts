// One shard of a stream, read in order; the checkpoint advances only past delivered records.
import { EngineError } from '#local/dynamodb/root-client.ts';

import type { Checkpoint } from './checkpoint.ts';
import type { HandOver } from './pipe-target.ts';
import type { Position, Stream } from './stream.ts';

export type ShardCursor = {
  /** Handles every available record and returns their number. */
  readonly drain: (signal: AbortSignal) => Promise<number>;
  /** Closed, and read to its end. */
  readonly ended: () => boolean;
};

export type ShardCursorOptions = {
  readonly stream: Stream;
  readonly checkpoint: Checkpoint;
  readonly handOver: HandOver;
  readonly batchSize: number;
};

/** DynamoDB Local returns TrimmedDataAccessException transiently while the oldest records are being written. */
const TRIMMED_FOR_GOOD = 5;

export function createShardCursor(
  shard: string,
  beginning: Position,
  { stream, checkpoint, handOver, batchSize }: ShardCursorOptions,
): ShardCursor {
  let iterator: string | undefined;
  let ended = false;
  let trimmed = 0;

  function position(): Position {
    const after = checkpoint.of(shard);
    if (after) return { after };
    if (after === '') return 'TRIM_HORIZON'; // an earlier run began this shard and delivered nothing
    checkpoint.advance(shard, '');
    return beginning;
  }

  async function drain(signal: AbortSignal): Promise<number> {
    for (let count = 0; ; ) {
      const from = iterator ?? (await stream.iterator(shard, position()));
      iterator = undefined; // after an error below, the next attempt starts from the checkpoint
      const { records, next } = await stream.read(from, batchSize);
      const last = records.at(-1);
      if (last) {
        await handOver(shard, records, signal);
        checkpoint.advance(shard, last.dynamodb.SequenceNumber);
        count += records.length;
      }
      iterator = next;
      ended = next === undefined;
      if (ended || !last) return count;
    }
  }

  return {
    async drain(signal) {
      try {
        const count = await drain(signal);
        trimmed = 0;
        return count;
      } catch (error) {
        if (!(error instanceof EngineError && error.type === 'TrimmedDataAccessException')) throw error;
        // The records at the checkpoint were trimmed: continue with the oldest that remain.
        trimmed++;
        if (trimmed >= TRIMMED_FOR_GOOD) checkpoint.advance(shard, '');
        throw error;
      }
    },
    ended: () => ended,
  };
}
