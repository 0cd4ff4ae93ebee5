// Idempotency on the control table: pk `IDEM#<uid>`, sk the keyed name of operation and key. One row per key, a day long.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Place, Row, TurnStore } from '#shared/idempotency/turn.ts';

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

const keyOf = ({ uid, name }: Place) => ({ pk: `IDEM#${uid}`, sk: name });

const taken = () => new AppError('idempotency_in_flight', undefined, { retry_after_seconds: 1 });

export function turnTable(
  db: DynamoDBDocumentClient,
  { TableName, now }: { TableName: string; now: () => number },
): TurnStore {
  const put = (place: Place, row: Row, condition: object) => {
    // A row that was given back is cleared away like the others: by then nobody asks for it.
    const ttl = Math.ceil(Math.max(row.expires, now()) / 1000);
    return write({ Put: { TableName, Item: { ...keyOf(place), fmt: 1, ...row, ttl }, ...condition } }, taken);
  };

  return {
    async find(place) {
      const { Item } = await db.send(new GetCommand({ TableName, Key: keyOf(place), ConsistentRead: true }));
      return Item && Stored.parse(Item);
    },

    take: (place, row, at) =>
      put(place, row, {
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

    settle: (place, row) =>
      put(place, row, {
        ConditionExpression: '#state = :claimed AND #holder = :holder',
        ExpressionAttributeNames: { '#state': 'state', '#holder': 'holder' },
        ExpressionAttributeValues: { ':claimed': 'claimed', ':holder': row.holder },
      }),
  };
}
