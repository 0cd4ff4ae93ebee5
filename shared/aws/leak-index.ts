// The LeakIndex on the vault table's index `leaks`: pk `leakId`, the fingerprint in base64url, with the rows' keys alone.
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import { Kid, OwnerId, ProviderId } from '#shared/core/ids.ts';
import type { LeakIndex } from '#shared/vault/leaked-key.ts';

import { leakIdOf } from './key-table.ts';

const Row = z.object({ pk: z.string().startsWith('U#'), sk: z.string().startsWith('KEY#') });
const Key = z.tuple([z.literal('KEY'), ProviderId, Kid]);

export function leakIndex(db: DynamoDBDocumentClient, TableName: string): LeakIndex {
  return {
    async find(fp) {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName,
          IndexName: 'leaks',
          KeyConditionExpression: 'leakId = :id',
          ExpressionAttributeValues: { ':id': leakIdOf(fp) },
        }),
      );
      return Items.flatMap((item) => {
        const { pk, sk } = Row.parse(item);
        const key = Key.safeParse(sk.split('#'));
        const ownerId = OwnerId.safeParse(pk.slice('U#'.length));
        if (!key.success || !ownerId.success) return [];
        const [, provider, kid] = key.data;
        return [{ ownerId: ownerId.data, provider, kid }];
      });
    },
  };
}
