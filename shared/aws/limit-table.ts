// Limits set by an admin, on the control table: pk `LIMITS`, sk `rates`, one row. No TTL: they stay in force.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { LimitStore } from '#shared/limits/limits.ts';
import { Rates } from '#shared/limits/rates.ts';

import { write } from './transaction.ts';

const Row = z.object({
  version: z.number().int(),
  rates: Rates,
  changedAt: z.string(),
  changedBy: z.string(),
});

const Key = { pk: 'LIMITS', sk: 'rates' };

export function limitTable(db: DynamoDBDocumentClient, TableName: string): LimitStore {
  return {
    async read() {
      const { Item } = await db.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && Row.parse(Item);
    },

    replace: (next) =>
      write(
        {
          Put: {
            TableName,
            Item: { ...Key, ...next },
            ...(next.version === 1
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :before',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: { ':before': next.version - 1 },
                }),
          },
        },
        (current) => {
          const row = Row.safeParse(current);
          return new AppError('conflict', 'The limits were modified by another request.', {
            current: row.success
              ? { version: row.data.version, limits: row.data.rates, changed_at: row.data.changedAt }
              : { version: 0 },
          });
        },
      ),
  };
}
