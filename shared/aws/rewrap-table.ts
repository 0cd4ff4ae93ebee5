// Progress of a re-wrap job on the control table: pk `REWRAP#<CMK>`, sk `job`.
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { RewrapMarks } from '#shared/vault/rewrap.ts';

const Progress = z.object({
  after: z.string().optional(),
  seen: z.number(),
  moved: z.number(),
  changed: z.number(),
  failed: z.number(),
});

export function rewrapTable(db: DynamoDBDocumentClient, TableName: string, to: string): RewrapMarks {
  const Key = { pk: `REWRAP#${to}`, sk: 'job' };
  return {
    async find() {
      const { Item } = await db.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && Progress.parse(Item);
    },
    async save(progress) {
      await db.send(new PutCommand({ TableName, Item: { ...Key, ...progress } }));
    },
    async clear() {
      await db.send(new DeleteCommand({ TableName, Key }));
    },
  };
}
