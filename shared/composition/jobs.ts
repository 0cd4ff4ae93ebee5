// Scheduled jobs, event consumers and operator jobs.
import { dynamo } from '#shared/aws/dynamo.ts';
import { decryptLog, keyLog, type KeyOpened } from '#shared/aws/decrypt-log-table.ts';
import { dropPrevious, expiryIndex } from '#shared/aws/expiry-index.ts';
import { kmsRewrapper } from '#shared/aws/kms-rewrapper.ts';
import { kms } from '#shared/aws/kms.ts';
import { ownerTrail } from '#shared/aws/owner-trail.ts';
import { rewrapTable } from '#shared/aws/rewrap-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { vaultScan } from '#shared/aws/vault-scan.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { newUlid } from '#shared/core/ulid.ts';
import { createReportTampering } from '#shared/services/audit-tampering.ts';
import { createReconcileDecryptsOfDay } from '#shared/services/decrypt-reconciliation.ts';
import { createSweepExpiry } from '#shared/services/expiry-sweep.ts';
import { createRewrapVault } from '#shared/services/rewrap.ts';
import { unlessConflict } from '#shared/services/unless-conflict.ts';

import { audit } from './audit.ts';
import { keyStore } from './keys.ts';
import { notices } from './notices.ts';

export { KeyOpened } from '#shared/aws/decrypt-log-table.ts';

/** Needs `notices:raise` and `audit:write`. */
export const reportTampering = /* @__PURE__ */ lazy(() =>
  createReportTampering({
    audit: audit(),
    notices: notices(),
    newRequestId: () => newUlid(Date.now()),
  }),
);

/** Needs `decrypt-log:write`. An event that is delivered several times is stored once. */
export async function noteDecryptEvent(event: KeyOpened): Promise<void> {
  const note = decryptLog(env('CONTROL_TABLE'), Date.now).note(event);
  await unlessConflict(transaction(dynamo())([note]));
}

/** Needs `decrypt-reconciliation:read`, `notices:raise` and `audit:write`. */
export const reconcileDecryptsOfDay = /* @__PURE__ */ lazy(() =>
  createReconcileDecryptsOfDay({
    log: keyLog(dynamo(), env('CONTROL_TABLE')),
    trail: ownerTrail(dynamo(), env('AUDIT_TABLE')),
    notices: notices(),
    audit: audit(),
    commit: transaction(dynamo()),
  }),
);

/** Needs `expiry:sweep`, `notices:raise` and `audit:write`. */
export const sweepExpiry = /* @__PURE__ */ lazy(() =>
  createSweepExpiry({
    index: expiryIndex(dynamo(), env('VAULT_TABLE')),
    dropPrevious: (key, nowMs) => dropPrevious(env('VAULT_TABLE'), key, nowMs),
    notices: notices(),
    audit: audit(),
    commit: transaction(dynamo()),
  }),
);

/** Needs `vault:rewrap`, `audit:write`. */
export const rewrapVault = /* @__PURE__ */ lazy(() => {
  const to = env('VAULT_KEY_ARN');
  return createRewrapVault({
    to,
    from: env('VAULT_KEY_ARNS').split(','),
    stage: env('STAGE'),
    scan: vaultScan(dynamo(), env('VAULT_TABLE')),
    keys: keyStore(),
    rewrapper: kmsRewrapper(kms(), to),
    marks: rewrapTable(dynamo(), env('CONTROL_TABLE'), to),
    commit: transaction(dynamo()),
    audit: audit(),
  });
});
