// New values of keys: validated, stored and rotated.
import { lazy } from '#shared/core/lazy.ts';
import { createAskProvider } from '#shared/providers/validation.ts';
import { createCheckStoredKey } from '#shared/services/key-check.ts';
import { createConnectKey } from '#shared/services/key-connect.ts';
import { createDepositKey } from '#shared/services/key-deposit.ts';
import { createRotateStoredKey } from '#shared/services/key-rotation.ts';
import { createKeyValidation } from '#shared/services/key-validation.ts';
import { createKeyDeposit } from '#shared/vault/deposit.ts';
import { createRotateKey } from '#shared/vault/rotate.ts';

import { audit } from './audit.ts';
import { providerOrigins, tokenEndpoints } from './configuration.ts';
import { egress, toolEgress } from './egress.ts';
import { fingerprint, keyStore, openKey, sealKey } from './keys.ts';
import { notices } from './notices.ts';

const now = Date.now;

const keyValidation = /* @__PURE__ */ lazy(() =>
  createKeyValidation({
    audit: audit(),
    askProvider: createAskProvider({ egress: egress(), origins: providerOrigins(), now }),
  }),
);

const writing = () => ({ keys: keyStore(), seal: sealKey(), fingerprint: fingerprint(), now });

/** Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `notices:raise`, `audit:write`. */
export const depositKey = /* @__PURE__ */ lazy(() =>
  createDepositKey({
    origins: providerOrigins(),
    deposit: createKeyDeposit(writing()).deposit,
    validation: keyValidation(),
    audit: audit(),
    notices: notices(),
  }),
);

/** Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `renewal-endpoints:read`, `tools:reach`, `audit:write`. */
export const connectKey = /* @__PURE__ */ lazy(() =>
  createConnectKey({
    deposit: createKeyDeposit(writing()).deposit,
    validation: keyValidation(),
    endpoints: tokenEndpoints(),
    checkUrl: (url) => toolEgress().check(url),
    now,
  }),
);

/** Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `audit:write`. */
export const rotateKey = /* @__PURE__ */ lazy(() =>
  createRotateStoredKey({
    rotate: createRotateKey(writing()),
    validation: keyValidation(),
    origins: providerOrigins(),
  }),
);

/** Needs `vault:use`, `keys:put`, `providers:call`, `audit:write`. */
export const checkKey = /* @__PURE__ */ lazy(() =>
  createCheckStoredKey({ keys: keyStore(), open: openKey(), validation: keyValidation(), now }),
);
