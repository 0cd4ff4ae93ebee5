// Before any test: the bundles and the template that all of them run.
import { buildAssembly } from '#scripts/build.ts';

export async function setup(): Promise<void> {
  await buildAssembly({ stage: 'local', onProgress: (line) => process.stderr.write(`${line}\n`) });
}
