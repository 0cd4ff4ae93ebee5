// One shard of a stream, read in order; the checkpoint moves only past what was handed over.
import { EngineError } from '#local/dynamodb/root-client.ts';

import type { Checkpoint } from './checkpoint.ts';
import type { HandOver } from './pipe-target.ts';
import type { Position, Stream } from './stream.ts';

export type ShardCursor = {
  /** Handles every record there is, and answers how many. */
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

/** DynamoDB Local says so for a moment while the oldest records are still being written: believe it the fifth time. */
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
    if (after === '') return 'TRIM_HORIZON'; // begun in an earlier life that got nowhere
    checkpoint.advance(shard, '');
    return beginning;
  }

  async function drain(signal: AbortSignal): Promise<number> {
    for (let count = 0; ; ) {
      const from = iterator ?? (await stream.iterator(shard, position()));
      iterator = undefined; // whatever throws below, the next try starts from the checkpoint
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
        // Forgotten under our feet, what is left of the shard begins later than the checkpoint.
        trimmed++;
        if (trimmed >= TRIMMED_FOR_GOOD) checkpoint.advance(shard, '');
        throw error;
      }
    },
    ended: () => ended,
  };
}
