import { decryptLog, type KeyOpened } from '#shared/aws/decrypt-log-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';

export { KeyOpened } from '#shared/aws/decrypt-log-table.ts';

/** Needs `decrypt-log:write`. However often an event comes, it is noted once. */
export async function noteOpening(event: KeyOpened): Promise<void> {
  const note = decryptLog(env('CONTROL_TABLE'), Date.now).note(event);
  try {
    await transaction(dynamo())([note]);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  }
}
