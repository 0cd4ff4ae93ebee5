// How often an owner was refused, on the control table: pk `REFUSED#<uid>#<hour>`, sk `<act> <code> <target> <reason>`, one
// number `n`. They are kept for the daily reports, longer than an hour's last sample lies behind.
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { CountRefusal } from '#shared/audit/refusals.ts';

const Counted = z.object({ n: z.number().int() });
const KEPT_SECONDS = 35 * 24 * 3600;

export const refusalTable =
  (db: DynamoDBDocumentClient, { TableName, now }: { TableName: string; now: () => number }): CountRefusal =>
  async ({ uid, hour, kind }) => {
    const { Attributes } = await db.send(
      new UpdateCommand({
        TableName,
        Key: { pk: `REFUSED#${uid}#${hour}`, sk: kind },
        UpdateExpression: 'ADD n :one SET #ttl = if_not_exists(#ttl, :ttl)',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':one': 1, ':ttl': Math.floor(now() / 1000) + KEPT_SECONDS },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Counted.parse(Attributes).n;
  };
