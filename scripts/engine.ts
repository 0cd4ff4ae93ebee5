// Which DynamoDB engine to run: DDB_ENGINE, else the one this platform has.
import { type DynamoEngine, missingFor } from '#local/dynamodb/dynamodb.ts';

const ENGINES: readonly DynamoEngine[] = ['dynoxide', 'dynamodb-local'];

/** Throws if what is needed for it is not on this machine. */
export function engineHere(): DynamoEngine {
  const wanted = process.env.DDB_ENGINE;
  if (wanted !== undefined) {
    const engine = ENGINES.find((known) => known === wanted);
    if (!engine) throw new Error(`DDB_ENGINE is ${ENGINES.join(' or ')}, not ${wanted}.`);
    return engine;
  }
  return missingFor('dynoxide') === undefined ? 'dynoxide' : 'dynamodb-local';
}
