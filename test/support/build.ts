// Before any test: the bundles and the template that all of them run.
import { missingFor } from '#local/dynamodb/dynamodb.ts';
import { buildAssembly } from '#scripts/build.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

export async function setup(): Promise<void> {
  const missing = missingFor('dynamodb-local');
  if (missing !== undefined) say(`The tests on the second engine are skipped: ${missing}.`);
  await buildAssembly({ stage: 'local', onProgress: say });
}
