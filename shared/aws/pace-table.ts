// Remaining quota at providers, in the owner's rate row on the control table: one attribute `pace:<provider>`, `{left,
// until}`.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { PaceStore } from '#shared/limits/provider-pacing.ts';

import { rateKey } from './rate-table.ts';

const Row = z.object({ left: z.number().min(0).max(1), until: z.number() });
const paceAttribute = (provider: string) => `pace:${provider}`;

export function paceTable(
  db: DynamoDBDocumentClient,
  { TableName, now }: { TableName: string; now: () => number },
): PaceStore {
  return {
    read(beside, provider) {
      const row = Row.safeParse(beside[paceAttribute(provider)]);
      return row.success ? row.data : undefined;
    },

    async publish(row, provider, pace) {
      try {
        await db.send(
          new UpdateCommand({
            TableName,
            Key: rateKey(row),
            UpdateExpression: 'SET #pace = :pace',
            // Requires an existing rate row: a row created here would have no TTL.
            ConditionExpression:
              'attribute_exists(tat) AND (attribute_not_exists(#pace) OR #pace.#until <= :now OR #pace.#left >= :left)',
            ExpressionAttributeNames: {
              '#pace': paceAttribute(provider),
              '#until': 'until',
              '#left': 'left',
            },
            ExpressionAttributeValues: { ':pace': pace, ':now': now(), ':left': pace.left },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
