// Idempotency on the control table: pk `IDEM#<ownerId>`, sk the keyed name of operation and key. One row per key, a day long.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type {
  RecordKey,
  IdempotencyRecord,
  IdempotencyStore,
} from '#shared/idempotency/idempotent-request.ts';

import { write } from './transaction.ts';

const Stored = z.object({
  fmt: z.literal(1),
  body: z.string(),
  state: z.enum(['claimed', 'done']),
  holder: z.string(),
  until: z.number(),
  expires: z.number(),
  reply: z.custom<Uint8Array>((value) => value instanceof Uint8Array).optional(),
});

const recordRowKey = ({ ownerId, name }: RecordKey) => ({ pk: `IDEM#${ownerId}`, sk: name });

const inFlight = () => new AppError('idempotency_in_flight', undefined, { retry_after_seconds: 1 });

export function idempotencyTable(
  db: DynamoDBDocumentClient,
  { TableName, now }: { TableName: string; now: () => number },
): IdempotencyStore {
  const put = (recordKey: RecordKey, row: IdempotencyRecord, condition: object) => {
    // TTL deletes a released record too: nothing reads it.
    const ttl = Math.ceil(Math.max(row.expires, now()) / 1000);
    return write(
      { Put: { TableName, Item: { ...recordRowKey(recordKey), fmt: 1, ...row, ttl }, ...condition } },
      inFlight,
    );
  };

  return {
    async find(recordKey) {
      const { Item } = await db.send(
        new GetCommand({ TableName, Key: recordRowKey(recordKey), ConsistentRead: true }),
      );
      return Item && Stored.parse(Item);
    },

    putIfFree: (recordKey, row, at) =>
      put(recordKey, row, {
        ConditionExpression:
          'attribute_not_exists(pk) OR #expires <= :now OR (#state = :claimed AND #until <= :now AND #body = :body)',
        ExpressionAttributeNames: {
          '#expires': 'expires',
          '#state': 'state',
          '#until': 'until',
          '#body': 'body',
        },
        ExpressionAttributeValues: { ':now': at, ':claimed': 'claimed', ':body': row.body },
      }),

    completeClaim: (recordKey, row) =>
      put(recordKey, row, {
        ConditionExpression: '#state = :claimed AND #holder = :holder',
        ExpressionAttributeNames: { '#state': 'state', '#holder': 'holder' },
        ExpressionAttributeValues: { ':claimed': 'claimed', ':holder': row.holder },
      }),
  };
}
