// Legal holds on the control table: pk `HOLD`, sk the owner's id, or `*` for all owners.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';

export const legalHolds =
  (db: DynamoDBDocumentClient, TableName: string) => async (): Promise<ReadonlySet<string>> => {
    const held = new Set<string>();
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'HOLD' },
      ConsistentRead: true,
    };
    for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
      for (const { sk } of Items) held.add(String(sk));
    }
    return held;
  };
