// Last good signing keys on the control table: pk `JWKS#<address>`, sk `last`. `sealed` can be decrypted for this
// address and `at` only.
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

const Row = z.object({
  at: z.number(),
  sealed: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});
type Row = z.infer<typeof Row>;

const issuerKeyRow = (uri: string) => ({ pk: `JWKS#${uri}`, sk: 'last' });

export const issuerKeyTable = (db: DynamoDBDocumentClient, TableName: string) => ({
  async find(uri: string): Promise<Row | undefined> {
    const { Item } = await db.send(
      new GetCommand({ TableName, Key: issuerKeyRow(uri), ConsistentRead: true }),
    );
    return Item && Row.parse(Item);
  },

  /** Times in milliseconds. */
  async save(uri: string, { until, ...row }: Row & { until: number }): Promise<void> {
    const Item = { ...issuerKeyRow(uri), ...row, ttl: Math.ceil(until / 1000) };
    await db.send(new PutCommand({ TableName, Item }));
  },
});
