// Erasure on DynamoDB. The marker is in the control table, pk `ERASED#<ownerId>`, sk `account`; the rows are the owner's
// own in the content and the cache table, pk `U#<ownerId>`, and in the control table their stored responses of idempotent
// requests and personal access tokens.
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

type Tables = { readonly content: string; readonly control: string; readonly cache: string };

type Partition = {
  readonly table: keyof Tables;
  readonly prefix: string;
  /** Begins the names of its rows outside this module. */
  readonly name: string;
  /** Rows of one transaction, whose items hold 4 MB together. */
  readonly atOnce?: number;
};

/** In the order of their erasure. Names of the content table have no prefix. */
const PARTITIONS: readonly Partition[] = [
  { table: 'content', prefix: 'U#', name: '' },
  { table: 'control', prefix: 'IDEM#', name: 'IDEM#' },
  { table: 'control', prefix: PERSONAL_TOKENS, name: PERSONAL_TOKENS },
  { table: 'cache', prefix: 'U#', name: 'CACHE#', atOnce: 10 },
];

export const erasureKey = (ownerId: string) => ({ pk: `ERASED#${ownerId}`, sk: 'account' });

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

function locateRow(tables: Tables, ownerId: string, row: string) {
  const [content, ...named] = PARTITIONS;
  const partition = named.find(({ name }) => row.startsWith(name)) ?? content;
  if (!partition) throw new Error('No partition is known.');
  const { table, prefix, name } = partition;
  return { TableName: tables[table], Key: { pk: `${prefix}${ownerId}`, sk: row.slice(name.length) } };
}

export function erasureTable(db: DynamoDBDocumentClient, tables: Tables): ErasureStore {
  return {
    async find(ownerId) {
      const { Item } = await db.send(
        new GetCommand({ TableName: tables.control, Key: erasureKey(ownerId), ConsistentRead: true }),
      );
      return Item && Mark.parse(Item);
    },

    mark(ownerId, erasure, before) {
      const Item = {
        ...erasureKey(ownerId),
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

    async rows(ownerId, limit) {
      for (const { table, prefix, name, atOnce = limit } of PARTITIONS) {
        const place = { TableName: tables[table], pk: `${prefix}${ownerId}` };
        const rows = await namesIn(db, place, Math.min(limit, atOnce));
        if (rows.length > 0) return rows.map((row) => `${name}${row}`);
      }
      return [];
    },

    removeRow: (ownerId, row) =>
      write(
        {
          Delete: {
            ...locateRow(tables, ownerId, row),
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
        () => new AppError('not_found', 'This row is gone already.'),
      ),
  };
}
