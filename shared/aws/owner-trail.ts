// All of an owner's records between two times. See audit-table.ts for the table's layout.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';

import type { AuditRecord } from '#shared/audit/record.ts';

import { recordIn } from './audit-table.ts';

export const ownerTrail =
  (db: DynamoDBDocumentClient, TableName: string) =>
  async (owner: string, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<AuditRecord[]> => {
    const found: AuditRecord[] = [];
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':pk': `U#${owner}`,
        ':from': new Date(fromMs).toISOString(),
        ':to': new Date(toMs).toISOString(),
      },
      ConsistentRead: true,
    };
    for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
      found.push(...Items.map(recordIn));
    }
    return found;
  };
