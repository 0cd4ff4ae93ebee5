// Reads of the usage counters: the rows that usage-table.ts writes.
import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';

import type { UsageHistory } from '#shared/audit/usage-history.ts';

import { readPage } from './read-page.ts';

type Row = Readonly<Record<string, unknown>>;

const dayIn = ({ sk }: Row) => String(sk).slice(-'2026-11-23'.length);
const countersIn = (row: Row): Record<string, number> =>
  Object.fromEntries(
    Object.entries(row).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );

export function usageHistoryTable(db: DynamoDBDocumentClient, TableName: string): UsageHistory {
  const daysOf = (owner: string, kind: string, span: { from: string; to: string }): QueryCommandInput => ({
    TableName,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': `U#${owner}`,
      ':from': `${kind}#${span.from}`,
      ':to': `${kind}#${span.to}`,
    },
  });

  return {
    async page(owner, { after, ...span }, limit) {
      const from = after === undefined ? undefined : { pk: `U#${owner}`, sk: `USED#${after}` };
      const { rows, next } = await readPage(db, daysOf(owner, 'USED', span), { limit, after: from });
      const days = rows.map((row) => ({ day: dayIn(row), counters: countersIn(row) }));
      return { days, next: next === undefined ? undefined : dayIn({ sk: next }) };
    },

    async counted(owner, from, to) {
      const { Items = [] } = await db.send(
        new QueryCommand({ ...daysOf(owner, 'USAGE', { from, to }), ConsistentRead: true }),
      );
      return new Map(
        Items.map((row) => [dayIn(row), Object.values(countersIn(row)).reduce((sum, one) => sum + one, 0)]),
      );
    },
  };
}
