import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

type Row = Readonly<Record<string, unknown>>;

const Place = z.object({ pk: z.string(), sk: z.string() });
type Place = z.infer<typeof Place>;

/** Rows a filter drops count as read: a bound on how many pages of the table one page of an answer may turn. */
const MAX_READS = 10;

const placeIn = (row: Row | undefined): Place | undefined => row && Place.parse(row);

/**
 * One page of a query whose filter may drop rows: turns the table's pages until `limit` rows are found.
 * @returns `next`, the sort key after which the following page starts, when there may be more
 */
export async function readPage(
  db: DynamoDBDocumentClient,
  query: QueryCommandInput,
  page: { limit: number; after?: Place | undefined },
): Promise<{ rows: Row[]; next?: string }> {
  const { limit } = page;
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
  const last = rows.length > limit ? placeIn(rows[limit - 1]) : from;
  return { rows: rows.slice(0, limit), ...(last && { next: last.sk }) };
}
