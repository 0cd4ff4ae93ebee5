// Effects that are more than one transaction, made once for their name: Powertools' idempotency on the control table, pk
// `ONCE#<effect>`. A run that fails may be repeated; one that is in progress until its time has passed is not started again.
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Longer than events are retried. */
const KEPT_SECONDS = 3 * 24 * 3600;

/**
 * @param effect name of the effect, part of the partition key
 * @param remainingMs time left of the invocation: an interrupted run blocks the next one no longer
 */
export function onceFor<Result>(
  client: DynamoDBClient,
  { tableName, effect, remainingMs }: { tableName: string; effect: string; remainingMs: () => number },
) {
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName,
    keyAttr: 'pk',
    sortKeyAttr: 'sk',
    staticPkValue: `ONCE#${effect}`,
    expiryAttr: 'ttl',
    awsSdkV3Client: client,
  });
  return async (name: string, run: () => Promise<Result>): Promise<Result> => {
    const config = new IdempotencyConfig({ expiresAfterSeconds: KEPT_SECONDS });
    config.registerLambdaContext({ getRemainingTimeInMillis: remainingMs } as Parameters<
      typeof config.registerLambdaContext
    >[0]);
    const idempotent = makeIdempotent(async (_name: string) => run(), { persistenceStore, config });
    return idempotent(name);
  };
}
