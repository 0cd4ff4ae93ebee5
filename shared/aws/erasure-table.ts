// Leaving, on DynamoDB. The mark lies in the control table, pk `ERASED#<uid>`, sk `account`; the rows are the owner's own in
// the content table, pk `U#<uid>`.
import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { type ErasureStore, MARK_DAYS } from '#shared/account/erasure.ts';
import { AppError } from '#shared/core/errors.ts';

import { write } from './transaction.ts';

const MARK_SECONDS = MARK_DAYS * 24 * 3600;

const Mark = z.object({
  at: z.string(),
  providers: z.array(z.string()),
  finishedAt: z.string().optional(),
});

export const erasureKey = (uid: string) => ({ pk: `ERASED#${uid}`, sk: 'account' });

export function erasureTable(
  db: DynamoDBDocumentClient,
  tables: { content: string; control: string },
): ErasureStore {
  return {
    async find(uid) {
      const { Item } = await db.send(
        new GetCommand({ TableName: tables.control, Key: erasureKey(uid), ConsistentRead: true }),
      );
      return Item && Mark.parse(Item);
    },

    mark(uid, erasure, before) {
      const Item = {
        ...erasureKey(uid),
        ...erasure,
        ttl: Math.floor(Date.parse(erasure.at) / 1000) + MARK_SECONDS,
      };
      return write(
        {
          Put: {
            TableName: tables.control,
            Item,
            ...(before
              ? {
                  ConditionExpression: '#at = :before',
                  ExpressionAttributeNames: { '#at': 'at' },
                  ExpressionAttributeValues: { ':before': before.at },
                }
              : { ConditionExpression: 'attribute_not_exists(pk)' }),
          },
        },
        () => new AppError('conflict', 'This account is being erased by another request.'),
      );
    },

    async rows(uid, limit) {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName: tables.content,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `U#${uid}` },
          ProjectionExpression: 'sk',
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      return Items.map(({ sk }) => String(sk));
    },

    removeRow: (uid, row) =>
      write(
        {
          Delete: {
            TableName: tables.content,
            Key: { pk: `U#${uid}`, sk: row },
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
        () => new AppError('not_found', 'This row is gone already.'),
      ),
  };
}
