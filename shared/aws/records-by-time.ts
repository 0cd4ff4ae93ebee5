// Stored records of all owners in a range of time, byte for byte: the index `days` of the audit table.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';

import type { RecordsByTime } from '#shared/audit/sealing.ts';

import { dayShards } from './audit-table.ts';

const DAY_MS = 24 * 3600_000;

function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from.slice(0, 10); day <= to.slice(0, 10); ) {
    days.push(day);
    day = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
  }
  return days;
}

export function recordsByTime(db: DynamoDBDocumentClient, TableName: string): RecordsByTime {
  async function readShard(shard: string, from: string, to: string): Promise<string[]> {
    const lines: string[] = [];
    const query = {
      TableName,
      IndexName: 'days',
      KeyConditionExpression: 'dayShard = :shard AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':shard': shard, ':from': from, ':to': `${to}~` },
    };
    for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
      lines.push(...Items.map(({ rec }) => String(rec)));
    }
    return lines;
  }

  return async (from, to) => {
    const lines: string[] = [];
    for (const day of daysBetween(from, to)) {
      const parts = await Promise.all(dayShards(day).map((shard) => readShard(shard, from, to)));
      lines.push(...parts.flat());
    }
    return lines;
  };
}
