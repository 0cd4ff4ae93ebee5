// Rows of exported records: their bytes, and the time to live that only an export may set.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

import type { Archive } from '#shared/audit/archive.ts';
import {
  type ExportedRecord,
  type ExportedRows,
  type RetentionDays,
  ttlOf,
} from '#shared/audit/exporting.ts';
import { linesIn, recordsName } from '#shared/audit/segment.ts';
import { canonicalJson } from '#shared/core/canonical-json.ts';

import { rowOf } from './audit-table.ts';

const BATCH = 100;
const PLACE = /^(\d{1,15})\+(\d{1,6})$/;

type Key = { readonly pk: string; readonly sk: string };
const keyOf = ({ ownerId, ts, eventId }: ExportedRecord): Key => ({
  pk: `U#${ownerId}`,
  sk: `${ts}#${eventId}`,
});

export function archivedRows(db: DynamoDBDocumentClient, TableName: string): ExportedRows {
  async function readBatch(keys: readonly Key[]): Promise<[string, string][]> {
    const found: [string, string][] = [];
    let rest: Record<string, unknown>[] = keys.map((key) => ({ ...key }));
    while (rest.length > 0) {
      const { Responses = {}, UnprocessedKeys = {} } = await db.send(
        new BatchGetCommand({
          RequestItems: {
            [TableName]: { Keys: rest, ConsistentRead: true, ProjectionExpression: 'pk, sk, eventId, rec' },
          },
        }),
      );
      for (const { eventId, rec } of Responses[TableName] ?? []) found.push([String(eventId), String(rec)]);
      rest = UnprocessedKeys[TableName]?.Keys ?? [];
    }
    return found;
  }

  return {
    async read(records) {
      const found: [string, string][] = [];
      for (let n = 0; n < records.length; n += BATCH) {
        found.push(...(await readBatch(records.slice(n, n + BATCH).map(keyOf))));
      }
      return new Map(found);
    },

    async expire(record, { ttl, place }) {
      try {
        await db.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(record),
            UpdateExpression: 'SET #ttl = :ttl, logPlace = :place',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#ttl)',
            ExpressionAttributeNames: { '#ttl': 'ttl' },
            ExpressionAttributeValues: { ':ttl': ttl, ':place': `${place.first}+${place.n}` },
          }),
        );
      } catch (error) {
        // Set by an interrupted run, or removed since it was read, which the stream reports.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

/** Whether a row with a time to live is the one that was exported, and expires when its retention says. */
export function isExportedRow(ports: {
  db: DynamoDBDocumentClient;
  TableName: string;
  archive: Pick<Archive, 'get'>;
  retentionDays: RetentionDays;
}) {
  const { db, TableName, archive, retentionDays } = ports;
  /** Lines of the last segment: exports set the rows of one segment after the other. */
  let last: { first: number; lines: readonly string[] } | undefined;

  async function lineAt(place: string): Promise<string | undefined> {
    const [, first, n] = PLACE.exec(place) ?? [];
    if (first === undefined) return undefined;
    if (last?.first !== Number(first)) {
      const text = await archive.get(recordsName(Number(first)));
      last = { first: Number(first), lines: linesIn(text ?? '') };
    }
    return last.lines[Number(n)];
  }

  return async (key: Key): Promise<boolean> => {
    const { pk, sk } = key;
    const { Item } = await db.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }));
    if (!Item) return true; // its removal is an event of its own
    const { ttl, logPlace, ...row } = Item;
    const line = await lineAt(String(logPlace));
    if (line === undefined) return false;
    const expected = rowOf(line);
    return canonicalJson(row) === canonicalJson(expected) && ttl === ttlOf(expected, retentionDays);
  };
}
