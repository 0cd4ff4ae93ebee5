// Counts of rejections on the control table: pk `REFUSED#<ownerId>`, sk `<hour>#<act> <code> <target> <reason>`, one number
// `n`. They are kept for the daily reports, longer than the last sample of an hour.
import { type DynamoDBDocumentClient, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { CountRejection, RejectionKind } from '#shared/audit/rejections.ts';

const Counted = z.object({ n: z.number().int() });
const KEPT_SECONDS = 35 * 24 * 3600;

export const rejectionTable =
  (
    db: DynamoDBDocumentClient,
    { TableName, now }: { TableName: string; now: () => number },
  ): CountRejection =>
  async ({ ownerId, hour, kind }) => {
    const { Attributes } = await db.send(
      new UpdateCommand({
        TableName,
        Key: { pk: `REFUSED#${ownerId}`, sk: `${hour}#${kind}` },
        UpdateExpression: 'ADD n :one SET #ttl = if_not_exists(#ttl, :ttl)',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':one': 1, ':ttl': Math.floor(now() / 1000) + KEPT_SECONDS },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Counted.parse(Attributes).n;
  };

const Row = z.object({ sk: z.string(), n: z.number().int() });

/** Rejections of an owner from one day to another, both inclusive, within the last 35 days. */
export const readRejectionCounts =
  (client: DynamoDBDocumentClient, TableName: string) =>
  async (
    ownerId: string,
    { from, to }: { from: string; to: string },
  ): Promise<(RejectionKind & { n: number })[]> => {
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':pk': `REFUSED#${ownerId}`, ':from': from, ':to': `${to}U` }, // U: past every T<hour>
    };
    const pages = await Array.fromAsync(paginateQuery({ client }, query));
    return pages
      .flatMap(({ Items = [] }) => Items.map((item) => Row.parse(item)))
      .map(({ sk, n }) => {
        const [hour = '', kind = ''] = sk.split('#');
        return { ownerId, hour, kind, n };
      });
  };
