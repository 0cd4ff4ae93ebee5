// Rate limits on the control table: pk `RATE#<name>`, sk `gcra`, one number `tat`.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';

import type { RateStore } from '#shared/limits/gcra.ts';

const Row = z.object({ tat: z.number().optional() });

/** A limit nobody calls under for a day need not be kept. */
const KEEP_SECONDS = 24 * 3600;

const ttl = (now: number) => Math.ceil(now / 1_000_000) + KEEP_SECONDS;

export function rateTable(db: DynamoDBDocumentClient, TableName: string): RateStore {
  /** @returns undefined when the update was made, else the row that its condition refused */
  const update = async (name: string, input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) => {
    try {
      await db.send(
        new UpdateCommand({
          TableName,
          Key: { pk: `RATE#${name}`, sk: 'gcra' },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...input,
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return Row.parse(error.Item ? unmarshall(error.Item) : {});
    }
  };

  return {
    async extend(name, { now, tolerance, interval }) {
      const refused = await update(name, {
        UpdateExpression: 'SET tat = tat + :interval, #ttl = :ttl',
        ConditionExpression: 'tat BETWEEN :now AND :latest',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':interval': interval,
          ':now': now,
          ':latest': now + tolerance,
          ':ttl': ttl(now),
        },
      });
      return refused ? { moved: false, tat: refused.tat } : { moved: true };
    },

    async restart(name, { now, interval }) {
      const refused = await update(name, {
        UpdateExpression: 'SET tat = :next, #ttl = :ttl',
        ConditionExpression: 'attribute_not_exists(tat) OR tat < :now',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':next': now + interval, ':now': now, ':ttl': ttl(now) },
      });
      return refused === undefined;
    },
  };
}
