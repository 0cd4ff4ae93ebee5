// Decrypt events of the KMS log on the control table: pk `KMS#<day>`, sk `<time>#<event id>`, kept for three days.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import type { KeyLog, LoggedOpening } from '#shared/vault/decrypt-reconciliation-day.ts';

import { write } from './transaction.ts';

const KEPT_SECONDS = 3 * 24 * 3600;
const DAY_MS = 24 * 3600 * 1000;

/** `detail` of a Decrypt event from CloudTrail. Owner and key are in the encryption context; it contains no secret. */
export const KeyOpened = z.object({
  eventID: z.string().regex(/^[\w-]{1,64}$/),
  eventTime: z.iso.datetime(),
  eventName: z.literal('Decrypt'),
  /** Absent for a successful call. */
  errorCode: z.string().optional(),
  requestParameters: z.object({ encryptionContext: z.record(z.string(), z.string()).optional() }).nullish(),
});
export type KeyOpened = z.infer<typeof KeyOpened>;

export const decryptLog = (TableName: string, now: () => number) => ({
  /** Rejected with `conflict` if the event is already stored. */
  note({ eventID, eventTime, errorCode = 'ok', requestParameters }: KeyOpened): Write {
    const { ownerId, provider, kid, version } = requestParameters?.encryptionContext ?? {};
    const Item = {
      pk: `KMS#${eventTime.slice(0, 10)}`,
      sk: `${eventTime}#${eventID}`,
      ownerId,
      provider,
      kid,
      version,
      result: errorCode,
      ttl: Math.floor(now() / 1000) + KEPT_SECONDS,
    };
    return write(
      { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
      () => new AppError('conflict', 'This event was noted before.'),
    );
  },
});

const Row = z.object({ sk: z.string() });
const Named = z.object({
  ownerId: OwnerId,
  provider: ProviderId,
  kid: Kid,
  version: z.coerce.number().int().positive(),
});

function parse(item: unknown): { atMs: number; opening?: LoggedOpening } {
  const [time = '', id = ''] = Row.parse(item).sk.split('#');
  const atMs = Date.parse(time);
  const named = Named.safeParse(item);
  return named.success ? { atMs, opening: { ...named.data, atMs, id } } : { atMs };
}

/** Resolution of seconds, like the prefix of the sort keys. */
const toSeconds = (ms: number) => new Date(ms).toISOString().slice(0, 19);

export function keyLog(db: DynamoDBDocumentClient, TableName: string): KeyLog {
  return {
    async *between({ fromMs, toMs }) {
      for (let dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS; dayMs < toMs; dayMs += DAY_MS) {
        const query = {
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          FilterExpression: '#result = :ok',
          ExpressionAttributeNames: { '#result': 'result' },
          ExpressionAttributeValues: {
            ':pk': `KMS#${toSeconds(dayMs).slice(0, 10)}`,
            ':from': toSeconds(fromMs),
            ':to': toSeconds(toMs),
            ':ok': 'ok',
          },
          ConsistentRead: true,
        };
        for await (const { Items = [] } of paginateQuery({ client: db }, query)) yield* Items.map(parse);
      }
    },
  };
}
