// Audit records of all owners by day: the index `days` of the audit table, pk `dayShard` (`2026-11-28#3`), sk as in the table.
import {
  type DynamoDBDocumentClient,
  paginateQuery,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';

import type { AllFilter, AllRecords, EachRecordOfDay } from '#shared/audit/read.ts';

import { checkedPlace, dayShards, recordIn, toFilterExpression } from './audit-table.ts';
import { readPage } from './read-page.ts';

const INDEX = 'days';
const DAY_MS = 24 * 3600_000;
/** Bounds the queries of one request: one for each partition of a day of its page, and as many for its count. */
const MAX_DAYS = 10;

type Row = Readonly<Record<string, unknown>>;

/** Position after all records of the day. */
const endPlace = (day: string) => `${day}T23:59:59.999Z#${'Z'.repeat(26)}`;
const dayOf = (time: string) => time.slice(0, 10);
const dayBefore = (day: string) => new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);

/** Days of the range, newest first; at most one more than `MAX_DAYS`. */
function daysIn({ from, to }: Pick<AllFilter, 'from' | 'to'>): string[] {
  const days: string[] = [];
  for (let day = dayOf(to); day >= dayOf(from) && days.length <= MAX_DAYS; day = dayBefore(day))
    days.push(day);
  return days;
}

/** Queries of the partitions of one day. Sort keys begin with an ISO time, so bounds are text comparisons. */
function queriesOf(TableName: string, day: string, { from, to, ...filter }: AllFilter): QueryCommandInput[] {
  const { values, expression } = toFilterExpression(filter);
  return dayShards(day).map((shard) => ({
    TableName,
    IndexName: INDEX,
    KeyConditionExpression: 'dayShard = :shard AND sk BETWEEN :from AND :to',
    ...expression,
    ExpressionAttributeValues: { ...values, ':shard': shard, ':from': from, ':to': `${to}~` },
    ScanIndexForward: false,
  }));
}

const skOf = (row: Row) => String(row['sk']);
const newestFirst = (a: Row, b: Row) => (skOf(a) < skOf(b) ? 1 : -1);

/**
 * Records of one day, merged. Where a partition was not read to its end, older records of the others belong to the next page: it may
 * contain newer ones than they are.
 */
async function readDay(
  db: DynamoDBDocumentClient,
  queries: readonly QueryCommandInput[],
  { limit, after }: { limit: number; after: string | undefined },
): Promise<{ rows: Row[]; next: string | undefined }> {
  const key = ['dayShard'];
  const parts = await Promise.all(queries.map((query) => readPage(db, query, { limit: limit + 1, key })));
  const stop = parts
    .flatMap(({ next }) => next ?? [])
    .toSorted()
    .at(-1);
  const rows = parts
    .flatMap((part) => part.rows)
    .filter((row) => skOf(row) !== after && (stop === undefined || skOf(row) >= stop))
    .toSorted(newestFirst);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last ? skOf(last) : stop };
}

async function countDay(db: DynamoDBDocumentClient, queries: readonly QueryCommandInput[]) {
  const parts = await Promise.all(
    queries.map((query) => db.send(new QueryCommand({ ...query, Select: 'COUNT' }))),
  );
  return {
    count: parts.reduce((sum, { Count = 0 }) => sum + Count, 0),
    exact: parts.every(({ LastEvaluatedKey }) => LastEvaluatedKey === undefined),
  };
}

export function auditDayIndex(db: DynamoDBDocumentClient, TableName: string): AllRecords {
  return {
    async page(filter, { limit, after }) {
      const range = { ...filter, to: after === undefined ? filter.to : checkedPlace(after) };
      const found: Row[] = [];
      const ended = (next: string | undefined) => ({
        records: found.map(recordIn),
        ...(next !== undefined && { next }),
      });
      for (const [read, day] of daysIn(range).entries()) {
        if (read === MAX_DAYS) return ended(endPlace(day));
        const queries = queriesOf(TableName, day, range);
        const { rows, next } = await readDay(db, queries, { limit: limit - found.length, after });
        found.push(...rows);
        if (next !== undefined) return ended(next);
        if (found.length === limit && day > dayOf(range.from)) return ended(endPlace(dayBefore(day)));
      }
      return ended(undefined);
    },

    async count(filter, limit) {
      let total = 0;
      for (const [read, day] of daysIn(filter).entries()) {
        if (read === MAX_DAYS) return { count: total, exact: false };
        const { count, exact } = await countDay(db, queriesOf(TableName, day, filter));
        total += count;
        if (!exact || total > limit) return { count: Math.min(total, limit), exact: false };
      }
      return { count: total, exact: true };
    },
  };
}

export const eachRecordOfDay =
  (db: DynamoDBDocumentClient, TableName: string): EachRecordOfDay =>
  async (day, visit) => {
    const queries = queriesOf(TableName, day, { from: day, to: endPlace(day) });
    await Promise.all(
      queries.map(async (query) => {
        for await (const { Items = [] } of paginateQuery({ client: db }, query))
          for (const item of Items) visit(recordIn(item));
      }),
    );
  };
