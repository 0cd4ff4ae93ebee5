import { kms } from '#shared/aws/kms.ts';
import { kmsFingerprint } from '#shared/aws/kms-fingerprint.ts';
import { kmsWrapper } from '#shared/aws/kms-wrapper.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createSealKey } from '#shared/vault/new-value.ts';

/** Needs `keys:seal`. */
export const sealKey = lazy(() =>
  createSealKey({ stage: env('STAGE'), wrapper: kmsWrapper(kms(), env('VAULT_KEY_ARN')) }),
);

/** Needs `keys:seal`. */
export const fingerprint = lazy(() => kmsFingerprint(kms(), env('FINGERPRINT_KEY_ARN')));
