// Circuit breakers on the control table: pk `CIRCUIT#<group>`, sk the name of the upstream. A row exists while its upstream has failed
// within the last day.
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { Breaker } from '#shared/resilience/circuit-state.ts';
import type { BreakerStore } from '#shared/resilience/upstream.ts';

const Row = z.object({
  version: z.number(),
  windowStart: z.number(),
  failed: z.number(),
  succeeded: z.number(),
  owners: z.array(z.string()),
  outage: z
    .object({
      since: z.number(),
      reason: z.string(),
      retryAt: z.number(),
      failedProbes: z.number(),
      onlyFor: z.string().optional(),
      probe: z.object({ fence: z.number(), until: z.number() }).optional(),
    })
    .optional(),
});

export const circuitPartition = (group: string): string => `CIRCUIT#${group}`;

/** Undefined for a row that another version wrote: it counts as closed. */
export function breakerIn(row: Readonly<Record<string, unknown>> | undefined): Breaker | undefined {
  const parsed = Row.safeParse(row);
  return parsed.success ? { name: String(row?.['sk']), ...parsed.data } : undefined;
}

/** Apart from the writes, which only failures need. */
export const breakerReads = (db: DynamoDBDocumentClient, TableName: string): Pick<BreakerStore, 'list'> => ({
  async list(group) {
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': circuitPartition(group) },
      }),
    );
    return Items.flatMap((item) => breakerIn(item) ?? []);
  },
});
