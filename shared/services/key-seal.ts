import { kms } from '#shared/aws/kms.ts';
import { kmsFingerprint } from '#shared/aws/kms-fingerprint.ts';
import { kmsWrapper } from '#shared/aws/kms-wrapper.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { createSealKey } from '#shared/vault/new-value.ts';

/** Needs `keys:seal`. */
export const sealKey = once(() =>
  createSealKey({ stage: env('STAGE'), wrapper: kmsWrapper(kms(), env('VAULT_KEY_ARN')) }),
);

/** Needs `keys:seal`. */
export const fingerprint = once(() => kmsFingerprint(kms(), env('FINGERPRINT_KEY_ARN')));
