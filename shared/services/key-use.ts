import { kms } from '#shared/aws/kms.ts';
import { kmsWrapper } from '#shared/aws/kms-wrapper.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { createKeyUse } from '#shared/vault/use.ts';

import { keyStore } from './key-store.ts';

/** Needs `vault:use`. */
export const keyUse = once(() =>
  createKeyUse({
    stage: env('STAGE'),
    keys: keyStore(),
    wrapper: kmsWrapper(kms(), env('VAULT_KEY_ARN')),
    cache: createDataKeyCache(),
    allowedKeyArns: env('VAULT_KEY_ARNS').split(','),
    now: Date.now,
  }),
);
