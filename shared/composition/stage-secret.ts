import { env } from '#shared/core/env.ts';
import type { Secret } from '#shared/core/secret.ts';
import { type Purpose, purposeKey } from '#shared/crypto/purpose-key.ts';

/** The client is loaded by the first need: a function that is never asked does not pay for it. */
async function read(variable: SecretVariable): Promise<Secret> {
  const { readStageSecret } = await import('#shared/aws/stage-secret.ts');
  return readStageSecret(env(variable));
}

type SecretVariable = 'STAGE_SECRET_ARN' | 'ISSUER_KEY_SECRET_ARN';

/** One call to AWS in the life of an instance; a failed one is made again by the next need. */
function derivedKeys(variable: SecretVariable): (purpose: Purpose) => Promise<Uint8Array> {
  let reading: Promise<Secret> | undefined;
  return async (purpose) => {
    reading ??= read(variable).catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return purposeKey(await reading, purpose);
  };
}

/** Needs `idempotency:use`, or for `personal-tokens` another need that names the secret. */
export const stageKey: (purpose: Exclude<Purpose, 'issuer-keys'>) => Promise<Uint8Array> =
  /* @__PURE__ */ derivedKeys('STAGE_SECRET_ARN');

/** Needs `issuer-keys:read` or `issuer-keys:save`. From a secret that no other role reads: who has it can forge signing keys. */
export const issuerKeySealingKey: (purpose: 'issuer-keys') => Promise<Uint8Array> =
  /* @__PURE__ */ derivedKeys('ISSUER_KEY_SECRET_ARN');
