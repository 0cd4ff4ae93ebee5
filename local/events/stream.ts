// A DynamoDB stream over HTTP: shards, iterators, records.
import * as z from 'zod';

import { createRootClient } from '#local/dynamodb/root-client.ts';

export type Shard = { readonly id: string; readonly parent: string | undefined };
export type StreamRecord = Readonly<Record<string, unknown>> & {
  readonly dynamodb: Readonly<Record<string, unknown>> & {
    readonly SequenceNumber: string;
    readonly ApproximateCreationDateTime?: number | undefined;
  };
};
export type Position = { readonly after: string } | 'TRIM_HORIZON' | 'LATEST';
type Page = { readonly records: readonly StreamRecord[]; readonly next: string | undefined };

export type Stream = {
  readonly shards: () => Promise<readonly Shard[]>;
  readonly iterator: (shard: string, position: Position) => Promise<string>;
  readonly read: (iterator: string, limit: number) => Promise<Page>;
  readonly close: () => void;
};

const Shards = z.object({
  StreamDescription: z.object({
    Shards: z.array(z.object({ ShardId: z.string(), ParentShardId: z.string().optional() })).default([]),
    LastEvaluatedShardId: z.string().optional(),
  }),
});
const Iterator = z.object({ ShardIterator: z.string() });
const Records = z.object({
  Records: z
    .array(
      z.looseObject({
        dynamodb: z.looseObject({
          SequenceNumber: z.string(),
          ApproximateCreationDateTime: z.number().optional(),
        }),
      }),
    )
    .default([]),
  NextShardIterator: z.string().optional(),
});

type StreamOptions = {
  readonly endpoint: string;
  readonly streamArn: string;
  /** Authorises each call by operation name. @throws if the caller lacks the permission. */
  readonly permit: (operation: string) => void;
  readonly isExpired: (tableName: string, key: unknown) => boolean;
};

/** Set by AWS on removals by TTL. */
const TTL_IDENTITY = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

export function createStream({ endpoint, streamArn, permit, isExpired }: StreamOptions): Stream {
  const client = createRootClient(endpoint);
  const tableName = streamArn.split('/')[1] ?? '';
  const identityOf = (record: StreamRecord) =>
    record['eventName'] === 'REMOVE' && isExpired(tableName, record.dynamodb['Keys'])
      ? { userIdentity: TTL_IDENTITY }
      : {};
  const call = (operation: string, input: object) => {
    permit(operation);
    return client.call(operation, input);
  };

  return {
    async shards() {
      const found: Shard[] = [];
      let from: string | undefined;
      do {
        const input = { StreamArn: streamArn, ...(from ? { ExclusiveStartShardId: from } : {}) };
        const { StreamDescription } = Shards.parse(await call('DescribeStream', input));
        found.push(
          ...StreamDescription.Shards.map(({ ShardId, ParentShardId }) => ({
            id: ShardId,
            parent: ParentShardId,
          })),
        );
        from = StreamDescription.LastEvaluatedShardId;
      } while (from);
      return found;
    },

    async iterator(shard, position) {
      const where =
        typeof position === 'string'
          ? { ShardIteratorType: position }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.after };
      const input = { StreamArn: streamArn, ShardId: shard, ...where };
      return Iterator.parse(await call('GetShardIterator', input)).ShardIterator;
    },

    async read(iterator, limit) {
      const answer = await call('GetRecords', { ShardIterator: iterator, Limit: limit });
      const { Records: records, NextShardIterator: next } = Records.parse(answer);
      return {
        records: records.map((record) => ({ ...record, ...identityOf(record), eventSourceARN: streamArn })),
        next,
      };
    },

    close: client.close,
  };
}
