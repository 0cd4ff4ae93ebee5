// Rate limits on the control table: pk `RATE#<name>`, sk `gcra`, one number `tat`, and attributes of other features.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';

import type { RateStore } from '#shared/limits/gcra.ts';

const Row = z.object({ tat: z.number().optional() });

/**
 * TTL of a row: one unused day after its slots are replenished. Removed earlier, they would be replenished too soon.
 */
const KEEP_SECONDS = 24 * 3600;

/** @param latest maximum of `tat` after the write */
const ttl = (latest: number) => Math.ceil(latest / 1_000_000) + KEEP_SECONDS;

export const rateKey = (name: string) => ({ pk: `RATE#${name}`, sk: 'gcra' });

export function rateTable(db: DynamoDBDocumentClient, TableName: string): RateStore {
  /** @returns the row after the update, or the unchanged row if the condition failed */
  const update = async (name: string, input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) => {
    try {
      const { Attributes = {} } = await db.send(
        new UpdateCommand({
          TableName,
          Key: rateKey(name),
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...input,
        }),
      );
      return { moved: true as const, beside: Attributes };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const { tat } = Row.parse(error.Item ? unmarshall(error.Item) : {});
      return { moved: false as const, tat };
    }
  };

  return {
    extend: (name, { now, tolerance, interval }) =>
      update(name, {
        UpdateExpression: 'SET tat = tat + :interval, #ttl = :ttl',
        ConditionExpression: 'tat BETWEEN :now AND :latest',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':interval': interval,
          ':now': now,
          ':latest': now + tolerance,
          ':ttl': ttl(now + tolerance + interval),
        },
      }),

    async restart(name, { now, interval }) {
      const restarted = await update(name, {
        UpdateExpression: 'SET tat = :next, #ttl = :ttl',
        ConditionExpression: 'attribute_not_exists(tat) OR tat < :now',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':next': now + interval, ':now': now, ':ttl': ttl(now + interval) },
      });
      return restarted.moved ? restarted.beside : undefined;
    },
  };
}
