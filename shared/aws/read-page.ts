import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

type Row = Readonly<Record<string, unknown>>;

/** A row's key: of the table, and of the index that was asked. */
const Place = z.record(z.string(), z.string());
type Place = z.infer<typeof Place>;

const TABLE_KEY = ['pk', 'sk'];

/** Rows a filter drops count as read: a bound on how many pages of the table one page of an answer may turn. */
const MAX_READS = 10;

/**
 * One page of a query whose filter may drop rows: turns the table's pages until `limit` rows are found.
 * @param page.key what makes up a place in an index, besides the table's own key
 * @returns `next`, the sort key after which the following page starts, when there may be more, and `place`, that row's whole key
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
