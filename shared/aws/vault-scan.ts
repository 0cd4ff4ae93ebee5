// Scan of all rows of the vault, for the re-wrap job. Never used while serving a request.
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { VaultScan } from '#shared/vault/rewrap.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';

import { storedKeyIn } from './key-table.ts';

const Place = z.object({ pk: z.string(), sk: z.string() });

function parsed(items: readonly Record<string, unknown>[]): (StoredKey | undefined)[] {
  return items.map((item) => {
    try {
      return storedKeyIn(item);
    } catch {
      return undefined;
    }
  });
}

export function vaultScan(db: DynamoDBDocumentClient, TableName: string): VaultScan {
  return async (after, limit) => {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: Place.parse(JSON.parse(after)) }),
      }),
    );
    const rows = parsed(Items.filter(({ sk }) => String(sk).startsWith('KEY#')));
    const keys = rows.filter((row) => row !== undefined);
    return {
      keys,
      unreadable: rows.length - keys.length,
      next: LastEvaluatedKey && JSON.stringify(Place.parse(LastEvaluatedKey)),
    };
  };
}
