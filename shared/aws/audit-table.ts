// Audit trail on DynamoDB. pk `U#<ownerId>`, sk `<time>#<event id>`. `rec` is the record as canonical JSON; the plain
// attributes beside it serve filters, the pipe and the index `days`; `kids` are the used keys. Only the exporter may change a row, by
// setting `ttl` and `logPlace`, and no function may remove one.
import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';

import type { AuditStore } from '#shared/audit/audit.ts';
import type { Writers } from '#shared/audit/chain.ts';
import { leafHash } from '#shared/audit/merkle.ts';
import type { AuditFilter, AuditTrail } from '#shared/audit/read.ts';
import { AuditRecord } from '#shared/audit/record.ts';
import { canonicalJson } from '#shared/core/canonical-json.ts';
import { AppError } from '#shared/core/errors.ts';

import { readPage } from './read-page.ts';

const MAX_BYTES = 4096;

/** Inserted unescaped into the pipe's JSON template: characters that need escaping are replaced. */
const plain = (value: string | number | undefined): string =>
  String(value ?? '').replaceAll(/[^\w.:~@/ -]/g, '_');

/** Empty instead of absent: the result of a pipe for a missing path is undocumented. */
const plainAttributes = ({ target, keys, meta }: AuditRecord) => ({
  target: plain(target),
  reason: plain(meta?.['reason']),
  severity: plain(meta?.['severity']),
  provider: plain(meta?.['provider']),
  usedKeys: plain(keys?.map(({ provider, kid }) => `${provider}_${kid}`).join(' ')),
  inputTokens: plain(meta?.['input_tokens']),
  outputTokens: plain(meta?.['output_tokens']),
  costMicroUsd: plain(meta?.['cost_micro_usd']),
});

const SHARDS = 4;
/**
 * Partitions of a day in the index `days`: several, so that the write rate of one partition does not limit the table. Event ids end
 * with random characters.
 */
export const dayShards = (day: string): string[] => Array.from({ length: SHARDS }, (_, n) => `${day}#${n}`);
const dayShard = ({ ts, eventId }: AuditRecord): string =>
  `${ts.slice(0, 10)}#${(eventId.at(-1) ?? '').charCodeAt(0) % SHARDS}`;

/** The row of a stored record, apart from what its export adds. @param rec the record, byte for byte */
export function rowOf(rec: string) {
  const record = AuditRecord.parse(JSON.parse(rec));
  const { ownerId, ts, eventId, act, category, result } = record;
  const kids = record.keys?.map(({ kid }) => kid);
  return {
    pk: `U#${ownerId}`,
    sk: `${ts}#${eventId}`,
    rec,
    eventId,
    ownerId,
    act,
    category,
    result,
    ts,
    dayShard: dayShard(record),
    ...(kids && { kids }),
    ...plainAttributes(record),
  };
}

export function auditTable(TableName: string, writers: Writers): AuditStore {
  return {
    append: (record) => ({
      item: undefined,
      open() {
        const slot = writers.take();
        const rec = canonicalJson({ ...record, ...slot.position });
        if (Buffer.byteLength(rec) > MAX_BYTES) throw new Error('An audit record is larger than 4 KiB.');
        const Item = rowOf(rec);
        return {
          item: { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
          isApplied: (row) => row['rec'] === rec,
          settle: (outcome) => slot.settle(outcome, leafHash(rec).toString('hex')),
        };
      },
      rejected: () => new AppError('internal'), // a collision of 80 random bits
    }),
  };
}

/** Equality filters on the plain attributes, as one expression. */
export function toFilterExpression(filter: AuditFilter) {
  const wanted = Object.entries({
    category: filter.category,
    act: filter.action,
    result: filter.result,
    target: filter.target === undefined ? undefined : plain(filter.target),
  }).filter(([, value]) => value !== undefined);
  if (wanted.length === 0) return { values: {} };
  return {
    values: Object.fromEntries(wanted.map(([name, value]) => [`:${name}`, value])),
    expression: {
      FilterExpression: wanted.map(([name]) => `#${name} = :${name}`).join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(wanted.map(([name]) => [`#${name}`, name])),
    },
  };
}

const iso = (time: string | undefined, otherwise: string) =>
  time === undefined ? otherwise : new Date(time).toISOString();

/** Sort keys begin with an ISO time, so bounds are text comparisons. */
function toQuery(TableName: string, ownerId: string, filter: AuditFilter): QueryCommandInput {
  const { values, expression } = toFilterExpression(filter);
  return {
    TableName,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ...expression,
    ExpressionAttributeValues: {
      ...values,
      ':pk': `U#${ownerId}`,
      ':from': iso(filter.from, '0'),
      ':to': `${iso(filter.to, '9')}~`,
    },
    ScanIndexForward: false,
  };
}

const PLACE = /^[0-9TZ:.-]{24}#[0-9A-Z]{26}$/;

/** End of a page of an owner's trail, as returned by a client. @throws {AppError} `invalid_input` */
export function checkedPlace(place: string): string {
  if (PLACE.test(place)) return place;
  throw new AppError('invalid_input', 'Invalid cursor.');
}

export function recordIn({ rec }: Readonly<Record<string, unknown>>): AuditRecord {
  return AuditRecord.parse(JSON.parse(String(rec)));
}

export function auditTrail(db: DynamoDBDocumentClient, TableName: string): AuditTrail {
  return {
    async page(owner, filter, { limit, after }) {
      const from = after === undefined ? undefined : { pk: `U#${owner}`, sk: checkedPlace(after) };
      const { rows, next } = await readPage(db, toQuery(TableName, owner, filter), { limit, after: from });
      return { records: rows.map(recordIn), ...(next !== undefined && { next }) };
    },

    async count(owner, filter, limit) {
      const query: QueryCommandInput = {
        ...toQuery(TableName, owner, filter),
        Select: 'COUNT',
        Limit: limit + 1,
      };
      const { Count = 0, LastEvaluatedKey } = await db.send(new QueryCommand(query));
      return { count: Count, exact: LastEvaluatedKey === undefined };
    },
  };
}
