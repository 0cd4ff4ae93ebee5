import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

type Row = Readonly<Record<string, unknown>>;

/** A row's key in the table, and in the queried index. */
const Place = z.record(z.string(), z.string());
type Place = z.infer<typeof Place>;

const TABLE_KEY = ['pk', 'sk'];

/** Rows dropped by a filter count as read: bounds the pages of the table read for one page of a response. */
const MAX_READS = 10;

/**
 * One page of a query with a filter: reads pages of the table until `limit` rows are found.
 * @param page.key attributes of a position in an index, besides the table's own key
 * @returns `next`, the sort key after which the following page starts, if there may be more, and `place`, that row's
 * complete key
 */
export async function readPage(
  db: DynamoDBDocumentClient,
  query: QueryCommandInput,
  page: { limit: number; after?: Place | undefined; key?: readonly string[] },
): Promise<{ rows: Row[]; next?: string; place?: Place }> {
  const { limit, key = [] } = page;
  const names = [...TABLE_KEY, ...key];
  const placeIn = (row: Row | undefined): Place | undefined =>
    row && Place.parse(Object.fromEntries(names.map((name) => [name, row[name]])));

  const rows: Row[] = [];
  let from = page.after;
  let reads = 0;
  do {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({ ...query, Limit: limit + 1, ...(from && { ExclusiveStartKey: from }) }),
    );
    rows.push(...Items);
    from = placeIn(LastEvaluatedKey);
    reads += 1;
  } while (from && rows.length <= limit && reads < MAX_READS);
  const place = rows.length > limit ? placeIn(rows[limit - 1]) : from;
  return { rows: rows.slice(0, limit), ...(place?.['sk'] !== undefined && { next: place['sk'], place }) };
}
