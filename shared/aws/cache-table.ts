// Second tier of the response cache, on the cache table: pk `U#<owner>`, `PUBLIC` or `GLOBAL`. sk `E#<name>` is an entry,
// `F#<name>` its computation in progress; for `generations` see cache-generations.ts.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { EntryPlace } from '#shared/cache/entry.ts';
import { ALL_SCOPES, type CacheStore } from '#shared/cache/store.ts';
import { AppError } from '#shared/core/errors.ts';

import { generationsIn, generationsKey, partitionOf, secondsOf } from './cache-generations.ts';

const EntryRow = z.object({
  fmt: z.literal(1),
  sealed: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  generations: z.record(z.string(), z.string()),
  freshUntil: z.number(),
  maxUntil: z.number(),
  endsAt: z.number(),
  storedAt: z.number(),
  holder: z.string(),
  ended: z.string().optional(),
});
const Fenced = z.object({ holder: z.string() });
const FlightRow = z.object({ holder: z.string(), until: z.number() });

const entryKey = ({ scope, name }: EntryPlace) => ({ pk: partitionOf(scope), sk: `E#${name}` });
const flightKey = ({ scope, name }: EntryPlace) => ({ pk: partitionOf(scope), sk: `F#${name}` });

type Row = Readonly<Record<string, unknown>>;
type RowKey = { readonly pk: string; readonly sk: string };

async function unlessReplaced(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** The rows of these keys, in their order. */
async function readAll(db: DynamoDBDocumentClient, TableName: string, keys: readonly RowKey[]) {
  const { Responses, UnprocessedKeys } = await db.send(
    new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [...keys], ConsistentRead: true } } }),
  );
  // A row that was not read must not count as absent: without generations an invalid entry would be valid.
  if (Object.keys(UnprocessedKeys ?? {}).length > 0) throw new AppError('unavailable');
  const rows: Row[] = Responses?.[TableName] ?? [];
  return keys.map(({ pk, sk }) => rows.find((row) => row['pk'] === pk && row['sk'] === sk));
}

async function readState(db: DynamoDBDocumentClient, TableName: string, place: EntryPlace) {
  const keys = [
    entryKey(place),
    flightKey(place),
    generationsKey(place.scope),
    generationsKey(ALL_SCOPES),
  ] as const;
  const [entry, flight, own, all] = await readAll(db, TableName, keys);
  const { fmt: _format, ...row } = EntryRow.safeParse(entry).data ?? {};
  return {
    row: 'sealed' in row ? row : undefined,
    fence: Fenced.safeParse(entry).data?.holder,
    flight: FlightRow.safeParse(flight).data,
    own: generationsIn(own),
    all: generationsIn(all),
  };
}

/** Longer than any function runs: a claim from further ahead was made by a wrong clock. */
const LONGEST_CLAIM_MS = 20 * 60_000;

export function cacheTable(db: DynamoDBDocumentClient, { TableName }: { TableName: string }): CacheStore {
  return {
    read: (place) => readState(db, TableName, place),

    put: (place, row, fence) =>
      unlessReplaced(() =>
        db.send(
          new PutCommand({
            TableName,
            Item: { ...entryKey(place), fmt: 1, ...row, ttl: secondsOf(row.endsAt) },
            ConditionExpression: 'attribute_not_exists(holder) OR holder = :fence',
            ExpressionAttributeValues: { ':fence': fence ?? '' },
          }),
        ),
      ),

    async slide(place, { holder, freshUntil }) {
      await unlessReplaced(() =>
        db.send(
          new UpdateCommand({
            TableName,
            Key: entryKey(place),
            UpdateExpression: 'SET freshUntil = :until',
            ConditionExpression: 'holder = :holder',
            ExpressionAttributeValues: { ':until': freshUntil, ':holder': holder },
          }),
        ),
      );
    },

    claim: (place, flight, { now, ended = '' }) =>
      unlessReplaced(() =>
        db.send(
          new PutCommand({
            TableName,
            Item: { ...flightKey(place), ...flight, ttl: secondsOf(flight.until) },
            ConditionExpression:
              'attribute_not_exists(pk) OR #until <= :now OR #until > :limit OR holder = :ended',
            ExpressionAttributeNames: { '#until': 'until' },
            ExpressionAttributeValues: { ':now': now, ':limit': now + LONGEST_CLAIM_MS, ':ended': ended },
          }),
        ),
      ),

    async release(place, holder) {
      await unlessReplaced(() =>
        db.send(
          new DeleteCommand({
            TableName,
            Key: flightKey(place),
            ConditionExpression: 'holder = :holder',
            ExpressionAttributeValues: { ':holder': holder },
          }),
        ),
      );
    },
  };
}
