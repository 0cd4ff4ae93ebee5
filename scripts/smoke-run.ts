// Runs the checks of a stage one after the other.
import { randomBytes } from 'node:crypto';

import type { SmokeCheck } from './smoke-checks.ts';
import { send, type SmokeRun, type SmokeStage } from './smoke-client.ts';

export type SmokeResult = {
  readonly name: string;
  readonly finding?: string;
  readonly remark?: string | undefined;
  readonly ms: number;
};

/** Removes the key if a check failed before it was deleted. */
async function cleanUp(run: SmokeRun): Promise<void> {
  if (run.keyId !== undefined)
    await send(run, `/api-keys/${run.keyId}`, { method: 'DELETE' }).catch(() => undefined);
}

/** Runs all checks, up to a required one with a finding. */
export async function runSmoke(
  stage: SmokeStage,
  checks: readonly SmokeCheck[],
  onResult: (result: SmokeResult) => void,
): Promise<SmokeResult[]> {
  const run: SmokeRun = { ...stage, apiKey: `smoke_${randomBytes(24).toString('hex')}` };
  const results: SmokeResult[] = [];
  for (const { name, isRequired, run: check } of checks) {
    const start = performance.now();
    const ended = await check(run).then(
      (remark) => ({ remark }),
      (error: unknown) => ({ finding: error instanceof Error ? error.message : String(error) }),
    );
    const result = { name, ...ended, ms: Math.round(performance.now() - start) };
    results.push(result);
    onResult(result);
    if (isRequired && 'finding' in ended) break;
  }
  await cleanUp(run);
  return results;
}
