// Status of the audit log on the control table: pk `SEALER`, sk `sealed` and `verified`.
import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';

import { LogStatus, type LogStatusStore } from '#shared/audit/log-status.ts';

const pk = 'SEALER';

export function logStatusTable(db: DynamoDBDocumentClient, TableName: string): LogStatusStore {
  const put = async (sk: string, status: object) =>
    void (await db.send(new PutCommand({ TableName, Item: { pk, sk, ...status } })));
  return {
    async read() {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
        }),
      );
      return LogStatus.parse(Object.fromEntries(Items.map(({ sk, ...status }) => [String(sk), status])));
    },
    noteSealed: (sealed) => put('sealed', sealed),
    noteVerified: (verified) => put('verified', verified),
  };
}
