// Leases on the control table: pk `LEASE#<name>`, sk `lease`. `fence` counts the holders, so that a holder whose lease
// expired cannot release that of its successor.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';

import type { Leases } from '#shared/vault/renewal.ts';

const Taken = z.object({ fence: z.number() });
const Held = z.object({ resting: z.boolean().default(false) });

/** Rows outlive their lease; otherwise the fence would restart while an earlier holder is only suspended. */
const KEPT_SECONDS = 24 * 3600;

export function leaseTable(
  db: DynamoDBDocumentClient,
  { TableName, now }: { TableName: string; now: () => number },
): Leases {
  const update = (name: string, until: number, resting: boolean) => ({
    TableName,
    Key: { pk: `LEASE#${name}`, sk: 'lease' },
    ExpressionAttributeNames: { '#until': 'until', '#ttl': 'ttl' },
    ExpressionAttributeValues: {
      ':until': until,
      ':resting': resting,
      ':ttl': Math.floor(now() / 1000) + KEPT_SECONDS,
    },
    UpdateExpression: 'SET #until = :until, resting = :resting, #ttl = :ttl',
  });

  /** Releases the lease if it is still held. */
  async function end(name: string, fence: number, change: ReturnType<typeof update>): Promise<void> {
    const { ExpressionAttributeValues: values, ...rest } = change;
    try {
      await db.send(
        new UpdateCommand({
          ...rest,
          ExpressionAttributeValues: { ...values, ':fence': fence },
          ConditionExpression: 'fence = :fence',
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  return {
    async take(name, seconds) {
      const {
        ExpressionAttributeValues: values,
        UpdateExpression,
        ...rest
      } = update(name, now() + seconds * 1000, false);
      try {
        const { Attributes } = await db.send(
          new UpdateCommand({
            ...rest,
            UpdateExpression: `${UpdateExpression} ADD fence :one`,
            ExpressionAttributeValues: { ...values, ':now': now(), ':one': 1 },
            ConditionExpression: 'attribute_not_exists(pk) OR #until <= :now',
            ReturnValues: 'UPDATED_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        const { fence } = Taken.parse(Attributes);
        return {
          release: () => end(name, fence, update(name, 0, false)),
          rest: (pause) => end(name, fence, update(name, now() + pause * 1000, true)),
        };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { resting: Held.parse(error.Item ? unmarshall(error.Item) : {}).resting };
      }
    },
  };
}
