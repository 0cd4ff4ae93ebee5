import { kms } from '#shared/aws/kms.ts';
import { kmsWrapper } from '#shared/aws/kms-wrapper.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { createOpenKey } from '#shared/vault/open-key.ts';
import { createUsableKeys } from '#shared/vault/usable-keys.ts';

import { keyStore } from './key-store.ts';

/** Needs `vault:use`. */
export const openKey = lazy(() =>
  createOpenKey({
    stage: env('STAGE'),
    wrapper: kmsWrapper(kms(), env('VAULT_KEY_ARN')),
    cache: createDataKeyCache(),
    allowedKeyArns: env('VAULT_KEY_ARNS').split(','),
  }),
);

/** Needs `vault:use`. */
export const usableKeys = lazy(() => createUsableKeys({ keys: keyStore(), open: openKey(), now: Date.now }));
