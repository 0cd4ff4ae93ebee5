// What time does to an erased account, at once: its closing ends, so that what is left behind can be looked at from inside.
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';

import type { Portunus } from './portunus.ts';

export async function reopen({ rows, db, tableName }: Portunus): Promise<void> {
  for (const { pk, sk, closedUntil } of await rows('control')) {
    if (closedUntil === undefined) continue;
    await db.send(new DeleteCommand({ TableName: tableName('control'), Key: { pk, sk } }));
  }
}
