// Use of keys by calls: decryption, renewal, and marks of values that their provider rejects.
import { dynamo } from '#shared/aws/dynamo.ts';
import { leaseTable } from '#shared/aws/lease-table.ts';
import { isLostWrite } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createTokenRefresh } from '#shared/providers/token-refresh.ts';
import { createKeyHealth } from '#shared/services/key-health.ts';
import { createRenewKey } from '#shared/services/key-renewal.ts';
import { createRenewal } from '#shared/vault/renewal.ts';
import { tokenRenewal } from '#shared/vault/token-renewal.ts';
import { createUsableKeys } from '#shared/vault/usable-keys.ts';

import { audit } from './audit.ts';
import { tokenEndpoints } from './configuration.ts';
import { egress, toolEgress } from './egress.ts';
import { fingerprint, keyStore, openKey, sealKey } from './keys.ts';
import { notices } from './notices.ts';

const now = Date.now;

/** Needs `vault:use`. */
export const usableKeys = /* @__PURE__ */ lazy(() =>
  createUsableKeys({ keys: keyStore(), open: openKey(), now }),
);

const renewal = /* @__PURE__ */ lazy(() =>
  createRenewal({
    keys: keyStore(),
    open: openKey(),
    seal: sealKey(),
    fingerprint: fingerprint(),
    leases: leaseTable(dynamo(), { TableName: env('CONTROL_TABLE'), now }),
    askNext: tokenRenewal(
      createTokenRefresh({ egress: egress(), endpoints: tokenEndpoints(), outside: toolEgress }),
    ),
    isLost: isLostWrite,
    now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }),
);

/** Loaded by the first renewal: not every function that uses keys may renew them. */
const renewKey = /* @__PURE__ */ lazy(() =>
  createRenewKey({ renewal: renewal(), audit: audit(), notices: notices(), now }),
);

/** Needs `vault:use`, `keys:put`, `keys:seal`, `leases:acquire`, `renewal-endpoints:read`, `providers:call`, `notices:raise`, `audit:write`; `tools:reach` for keys of registered tools. */
export const keyHealth = /* @__PURE__ */ lazy(() =>
  createKeyHealth({
    keys: keyStore(),
    audit: audit(),
    notices: notices(),
    renew: (key, call) => renewKey()(key, call),
    isLost: isLostWrite,
    now,
  }),
);
