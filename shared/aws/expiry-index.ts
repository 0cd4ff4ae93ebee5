// The ExpiryIndex on the vault table's sparse index `expiry`: pk `expDay`, with what a warning says beside the row's key.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { Kid, ProviderId, Uid } from '#shared/core/ids.ts';
import type { ExpiringKey, ExpiryIndex } from '#shared/vault/expiry.ts';
import { StoredKey } from '#shared/vault/stored-key.ts';

const Row = StoredKey.pick({ ver: true, last4: true, status: true, kind: true }).extend({
  pk: z.string(),
  sk: z.string(),
  expiresAt: z.iso.datetime(),
});
const Key = z.tuple([z.literal('KEY'), ProviderId, Kid]);

function parse(item: unknown): ExpiringKey | undefined {
  const row = Row.safeParse(item);
  const key = Key.safeParse(row.data?.sk.split('#'));
  const uid = Uid.safeParse(row.data?.pk.slice('U#'.length));
  if (!row.success || !key.success || !uid.success) return undefined;
  const { ver, last4, status, kind, expiresAt } = row.data;
  const [, provider, kid] = key.data;
  return { uid: uid.data, provider, kid, ver, last4, status, kind, expiresAt };
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
