// Simulates the expiry of account closures, so that a test can call an erased account and look for remaining data.
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';

import type { Portunus } from './portunus.ts';

export async function deleteAccountClosures({ rows, db, tableName }: Portunus): Promise<void> {
  for (const { pk, sk, closedUntil } of await rows('control')) {
    if (closedUntil === undefined) continue;
    await db.send(new DeleteCommand({ TableName: tableName('control'), Key: { pk, sk } }));
  }
}
