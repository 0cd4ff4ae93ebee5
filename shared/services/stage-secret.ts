import { env } from '#shared/core/env.ts';
import type { Secret } from '#shared/core/secret.ts';
import { type Purpose, purposeKey } from '#shared/crypto/purpose-key.ts';

let reading: Promise<Secret> | undefined;

/** The client is loaded by the first need: a function that is never asked does not pay for it. */
async function read(): Promise<Secret> {
  const { readStageSecret } = await import('#shared/aws/stage-secret.ts');
  return readStageSecret(env('STAGE_SECRET_ARN'));
}

/** Needs `secret:read`. One call to AWS in the life of an instance; a failed one is made again by the next need. */
export async function stageKey(purpose: Purpose): Promise<Uint8Array> {
  reading ??= read().catch((error: unknown) => {
    reading = undefined;
    throw error;
  });
  return purposeKey(await reading, purpose);
}
