// A pipe's position on disk. Records after it may be delivered again, records before it are not.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

const State = z.object({
  streamArn: z.string(),
  /** Sequence number of the last delivered record, by shard. Empty: the shard was begun, nothing was delivered. */
  positions: z.record(z.string(), z.string()),
});

export type Checkpoint = {
  /** `undefined` for a shard never begun. */
  readonly of: (shard: string) => string | undefined;
  readonly advance: (shard: string, sequenceNumber: string) => void;
  /** True if this stream was never read. */
  readonly isNew: () => boolean;
};

export function openCheckpoint({
  folder,
  name,
  streamArn,
}: {
  folder: string;
  name: string;
  streamArn: string;
}): Checkpoint {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const stored = read(file);
  const positions = new Map(stored?.streamArn === streamArn ? Object.entries(stored.positions) : []);

  return {
    of: (shard) => positions.get(shard),
    isNew: () => positions.size === 0,
    advance(shard, sequenceNumber) {
      positions.set(shard, sequenceNumber);
      const temporary = `${file}.new`;
      writeFileSync(temporary, JSON.stringify({ streamArn, positions: Object.fromEntries(positions) }));
      renameSync(temporary, file);
    },
  };
}

function read(file: string): z.infer<typeof State> | undefined {
  try {
    return State.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${file} is not a valid checkpoint file.`, { cause: error });
  }
}
