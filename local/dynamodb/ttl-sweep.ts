// TTL as on AWS: an expired item is deleted some time later, and readers must not rely on when.
import { EngineError, type RootClient } from './root-client.ts';

export type ExpiringTable = {
  readonly name: string;
  readonly ttl: string;
  /** Names of the key attributes. */
  readonly keys: readonly string[];
};

type Item = Readonly<Record<string, unknown>>;
type Page = { readonly Items?: readonly Item[]; readonly LastEvaluatedKey?: Item };

// AWS ignores items that expired more than five years ago: likely a wrong unit.
const OLDEST_SECONDS = 5 * 365 * 86_400;

/** Keys of items that TTL removed: the engine's stream shows a plain REMOVE, without AWS's `userIdentity`. */
export type Expired = {
  readonly add: (tableName: string, key: unknown) => void;
  readonly has: (tableName: string, key: unknown) => boolean;
};

const expiredItemName = (tableName: string, key: unknown) =>
  JSON.stringify([
    tableName,
    Object.entries(Object(key)).toSorted(([one], [other]) => one.localeCompare(other)),
  ]);

export function createExpired(): Expired {
  const names = new Set<string>();
  return {
    add: (tableName, key) => names.add(expiredItemName(tableName, key)),
    has: (tableName, key) => names.has(expiredItemName(tableName, key)),
  };
}

/** Deletes expired items and returns their number. */
export async function sweep(
  client: RootClient,
  table: ExpiringTable,
  { nowMs, expired: removed }: { nowMs: number; expired: Expired },
): Promise<number> {
  const now = Math.floor(nowMs / 1000);
  const bounds = { ':now': { N: String(now) }, ':oldest': { N: String(now - OLDEST_SECONDS) } };
  const expired = '#ttl < :now AND #ttl > :oldest';
  const names = Object.fromEntries(table.keys.map((key, at) => [`#k${at}`, key]));
  let deleted = 0;
  let from: Item | undefined;
  do {
    const page: Page = await client.call('Scan', {
      TableName: table.name,
      FilterExpression: expired,
      ProjectionExpression: Object.keys(names).join(', '),
      ExpressionAttributeNames: { '#ttl': table.ttl, ...names },
      ExpressionAttributeValues: bounds,
      ...(from && { ExclusiveStartKey: from }),
    });
    for (const Key of page.Items ?? []) {
      removed.add(table.name, Key); // before the removal: a reader of the stream may be quick
      // The condition again: the item may have been renewed since the scan.
      const gone = await remove(client, {
        TableName: table.name,
        Key,
        ConditionExpression: expired,
        ExpressionAttributeNames: { '#ttl': table.ttl },
        ExpressionAttributeValues: bounds,
      });
      deleted += gone ? 1 : 0;
    }
    from = page.LastEvaluatedKey;
  } while (from);
  return deleted;
}

async function remove(client: RootClient, input: object): Promise<boolean> {
  try {
    await client.call('DeleteItem', input);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.type === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
