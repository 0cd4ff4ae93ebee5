// Stored keys: their table, their seal, and changes that do not need the secret.
import { dynamo } from '#shared/aws/dynamo.ts';
import { keyTable } from '#shared/aws/key-table.ts';
import { kmsFingerprint } from '#shared/aws/kms-fingerprint.ts';
import { kmsWrapper } from '#shared/aws/kms-wrapper.ts';
import { kms } from '#shared/aws/kms.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { createListModels } from '#shared/services/models.ts';
import { createListProviders } from '#shared/services/providers.ts';
import { createKeyChanges } from '#shared/vault/change.ts';
import { createSealKey } from '#shared/vault/new-value.ts';
import { createOpenKey } from '#shared/vault/open-key.ts';

import { tokenEndpoints } from './configuration.ts';

const now = Date.now;

/** Needs `keys:read`, `keys:put`, `keys:delete` or `vault:use`: depends on the method. */
export const keyStore = /* @__PURE__ */ lazy(() => keyTable(dynamo(), env('VAULT_TABLE')));

const wrapper = () => kmsWrapper(kms(), env('VAULT_KEY_ARN'));

/** Needs `keys:seal`. */
export const sealKey = /* @__PURE__ */ lazy(() => createSealKey({ stage: env('STAGE'), wrapper: wrapper() }));

/** Needs `keys:seal`. */
export const fingerprint = /* @__PURE__ */ lazy(() => kmsFingerprint(kms(), env('FINGERPRINT_KEY_ARN')));

/** Needs `vault:use`. */
export const openKey = /* @__PURE__ */ lazy(() =>
  createOpenKey({
    stage: env('STAGE'),
    wrapper: wrapper(),
    cache: createDataKeyCache(),
    allowedKeyArns: env('VAULT_KEY_ARNS').split(','),
  }),
);

/** Needs `keys:read`, `keys:put`. */
export const keyChanges = /* @__PURE__ */ lazy(() => createKeyChanges({ keys: keyStore(), now }));

/** Needs `keys:read`. */
export const listModels = /* @__PURE__ */ lazy(() => createListModels({ keys: keyStore(), now }));

/** Needs `keys:read`, `renewal-endpoints:read`. */
export const listProviders = /* @__PURE__ */ lazy(() =>
  createListProviders({ keys: keyStore(), endpoints: tokenEndpoints(), now }),
);
