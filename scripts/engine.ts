// The DynamoDB engine to run: DDB_ENGINE, else the one available on this platform.
import { type DynamoEngine, missingFor } from '#local/dynamodb/dynamodb.ts';

const ENGINES: readonly DynamoEngine[] = ['dynoxide', 'dynamodb-local'];

/** @throws for an unknown DDB_ENGINE */
export function engineHere(): DynamoEngine {
  const wanted = process.env.DDB_ENGINE;
  if (wanted !== undefined) {
    const engine = ENGINES.find((known) => known === wanted);
    if (!engine) throw new Error(`DDB_ENGINE is ${wanted}. Set it to ${ENGINES.join(' or ')}.`);
    return engine;
  }
  return missingFor('dynoxide') === undefined ? 'dynoxide' : 'dynamodb-local';
}
