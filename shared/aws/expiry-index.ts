// The ExpiryIndex on the vault table's sparse index `expiry`: pk `expDay`, with the fields of a warning beside the
// row's key.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import type { ExpiringKey, ExpiryIndex } from '#shared/vault/expiry.ts';
import { StoredKey } from '#shared/vault/stored-key.ts';

import { write } from './transaction.ts';

const Row = StoredKey.pick({ version: true, last4: true, status: true, kind: true }).extend({
  pk: z.string(),
  sk: z.string(),
  expiresAt: z.iso.datetime().optional(),
});
const Key = z.tuple([z.literal('KEY'), ProviderId, Kid]);

function parse(item: unknown): ExpiringKey | undefined {
  const row = Row.safeParse(item);
  const key = Key.safeParse(row.data?.sk.split('#'));
  const ownerId = OwnerId.safeParse(row.data?.pk.slice('U#'.length));
  if (!row.success || !key.success || !ownerId.success) return undefined;
  const { version, last4, status, kind, expiresAt } = row.data;
  const [, provider, kid] = key.data;
  return { ownerId: ownerId.data, provider, kid, version, last4, status, kind, expiresAt };
}

/**
 * Removes the previous value from its row without reading it. Rejected with `not_found` if there is none that has
 * ended, or the key was rotated since.
 */
export function dropPrevious(TableName: string, key: ExpiringKey, nowMs: number): Write {
  const { ownerId, provider, kid, version, expiresAt } = key;
  const [set, remove] = expiresAt === undefined ? ['', ', expDay'] : [', expDay = :day', ''];
  return write(
    {
      Update: {
        TableName,
        Key: { pk: `U#${ownerId}`, sk: `KEY#${provider}#${kid}` },
        UpdateExpression: `SET revision = revision + :one${set} REMOVE prev${remove}`,
        ConditionExpression: 'version = :version AND prev.#until <= :now',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: {
          ':one': 1,
          ':version': version,
          ':now': new Date(nowMs).toISOString(),
          ...(expiresAt !== undefined && { ':day': expiresAt.slice(0, 10) }),
        },
      },
    },
    () => new AppError('not_found'),
  );
}

export function expiryIndex(db: DynamoDBDocumentClient, TableName: string): ExpiryIndex {
  return {
    async *expiringOn(day) {
      const query = {
        TableName,
        IndexName: 'expiry',
        KeyConditionExpression: 'expDay = :day',
        ExpressionAttributeValues: { ':day': day },
      };
      for await (const { Items = [] } of paginateQuery({ client: db }, query)) yield* Items.map(parse);
    },
  };
}
