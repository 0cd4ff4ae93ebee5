// Erasure on DynamoDB. The marker is in the control table, pk `ERASED#<uid>`, sk `account`; the rows are the owner's
// own in the content table, pk `U#<uid>`, and in the control table their stored responses of idempotent requests
// and personal access tokens.
import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { type ErasureStore, MARK_DAYS } from '#shared/account/erasure.ts';
import { AppError } from '#shared/core/errors.ts';

import { PERSONAL_TOKENS } from './personal-token-table.ts';
import { write } from './transaction.ts';

const MARK_SECONDS = MARK_DAYS * 24 * 3600;

const Mark = z.object({
  at: z.string(),
  providers: z.array(z.string()),
  finishedAt: z.string().optional(),
});

/** Partitions of the control table; their row names start with the name of their partition. */
const IN_CONTROL = ['IDEM#', PERSONAL_TOKENS];

export const erasureKey = (uid: string) => ({ pk: `ERASED#${uid}`, sk: 'account' });

type Tables = { readonly content: string; readonly control: string };

async function namesIn(
  db: DynamoDBDocumentClient,
  { TableName, pk }: { TableName: string; pk: string },
  limit: number,
): Promise<string[]> {
  const { Items = [] } = await db.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
      ProjectionExpression: 'sk',
      ConsistentRead: true,
      Limit: limit,
    }),
  );
  return Items.map(({ sk }) => String(sk));
}

function locateRow(tables: Tables, uid: string, row: string) {
  const prefix = IN_CONTROL.find((partition) => row.startsWith(partition));
  return prefix === undefined
    ? { TableName: tables.content, Key: { pk: `U#${uid}`, sk: row } }
    : { TableName: tables.control, Key: { pk: `${prefix}${uid}`, sk: row.slice(prefix.length) } };
}

export function erasureTable(db: DynamoDBDocumentClient, tables: Tables): ErasureStore {
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
      const rows = await namesIn(db, { TableName: tables.content, pk: `U#${uid}` }, limit);
      if (rows.length > 0) return rows;
      for (const prefix of IN_CONTROL) {
        const names = await namesIn(db, { TableName: tables.control, pk: `${prefix}${uid}` }, limit);
        if (names.length > 0) return names.map((name) => `${prefix}${name}`);
      }
      return [];
    },

    removeRow: (uid, row) =>
      write(
        {
          Delete: {
            ...locateRow(tables, uid, row),
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
        () => new AppError('not_found', 'This row is gone already.'),
      ),
  };
}
