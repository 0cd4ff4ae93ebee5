// The vault's KeyStore on DynamoDB. pk `U#<ownerId>`, sk `KEY#<provider>#<kid>`: one query returns an owner's keys, all or
// of one provider. `expDay` is the day on which the key, or its previous value, ends: the partition key of the index
// `expiry`.
import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { type KeyStore, StoredKey, toKeySummary } from '#shared/vault/stored-key.ts';

import { write } from './transaction.ts';

const vaultKey = (ownerId: OwnerId, provider: ProviderId, kid: Kid) => ({
  pk: `U#${ownerId}`,
  sk: `KEY#${provider}#${kid}`,
});

/** Earlier of the two ends; ISO times sort as text. */
function firstEnd({ expiresAt, prev }: Pick<StoredKey, 'expiresAt' | 'prev'>): string | undefined {
  const [first] = [expiresAt, prev?.until].filter((end) => end !== undefined).toSorted();
  return first?.slice(0, 10);
}

/** Partition of the index `leaks`. Reveals no more than the fingerprint beside it. */
export const leakIdOf = (fp: Uint8Array): string => Buffer.from(fp).toString('base64url');

function toItem({ ownerId, provider, kid, ...row }: StoredKey) {
  const expDay = firstEnd(row);
  return {
    ...vaultKey(ownerId, provider, kid),
    ...row,
    leakId: leakIdOf(row.fp),
    ...(expDay !== undefined && { expDay }),
  };
}

/** Owner, provider and id are taken from the row's key, so that a moved row is treated as what it now claims to be. */
function parse(ownerId: OwnerId, item: Record<string, unknown>): StoredKey {
  const [, provider, kid] = String(item['sk']).split('#');
  return StoredKey.parse({ ...item, ownerId, provider: ProviderId.parse(provider), kid: Kid.parse(kid) });
}

/** Row of a scan, which does not know its owner. */
export const storedKeyIn = (item: Record<string, unknown>): StoredKey =>
  parse(OwnerId.parse(String(item['pk']).slice(2)), item);

export function keyTable(db: DynamoDBDocumentClient, TableName: string): KeyStore {
  return {
    async list(ownerId, provider) {
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': `U#${ownerId}`, ':sk': provider ? `KEY#${provider}#` : 'KEY#' },
        ConsistentRead: true,
      };
      const found: StoredKey[] = [];
      for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
        found.push(...Items.map((item) => parse(ownerId, item)));
      }
      return found.toSorted((a, b) => a.order - b.order || (a.createdAt < b.createdAt ? -1 : 1));
    },

    async find({ ownerId, provider, kid }) {
      const Key = vaultKey(ownerId, provider, kid);
      const { Item } = await db.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && parse(ownerId, Item);
    },

    insert(key) {
      const Item = toItem(key);
      return write(
        { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict'),
      );
    },

    replace(key) {
      const Item = toItem(key);
      return write(
        {
          Put: {
            TableName,
            Item,
            ConditionExpression: 'revision = :before',
            ExpressionAttributeValues: { ':before': key.revision - 1 },
          },
        },
        (current) => {
          if (!current) return new AppError('not_found', 'Key not found.');
          const summary = toKeySummary(parse(key.ownerId, current), Date.now());
          return new AppError('conflict', 'This key was changed by another request.', { current: summary });
        },
      );
    },

    remove({ ownerId, provider, kid }) {
      const Key = vaultKey(ownerId, provider, kid);
      return write(
        { Delete: { TableName, Key, ConditionExpression: 'attribute_exists(pk)' } },
        () => new AppError('not_found', 'Key not found.'),
      );
    },
  };
}
