import * as z from 'zod';

import { dynamo } from '#shared/aws/dynamo.ts';
import { kms } from '#shared/aws/kms.ts';
import { kmsRewrapper } from '#shared/aws/kms-rewrapper.ts';
import { rewrapTable } from '#shared/aws/rewrap-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { vaultScan } from '#shared/aws/vault-scan.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createRewrap, type RewrapCall, type RewrapReport } from '#shared/vault/rewrap.ts';

import { audit } from './audit.ts';
import { keyStore } from './key-store.ts';

export const RewrapOrder = z.strictObject({
  to: z.string().min(1).max(200),
  dry_run: z.boolean().default(false),
});

const rewrap = lazy(() => {
  const to = env('VAULT_KEY_ARN');
  return createRewrap({
    to,
    from: env('VAULT_KEY_ARNS').split(','),
    stage: env('STAGE'),
    scan: vaultScan(dynamo(), env('VAULT_TABLE')),
    keys: keyStore(),
    rewrapper: kmsRewrapper(kms(), to),
    marks: rewrapTable(dynamo(), env('CONTROL_TABLE'), to),
    commit: transaction(dynamo()),
    record: ({ uid, provider, kid, ver }, reqId, code) =>
      audit().record({
        uid,
        category: 'system',
        act: 'key.rewrapped',
        result: code ? 'failed' : 'succeeded',
        code,
        reqId,
        target: keyIdOf(provider, kid),
        meta: { provider, version: ver },
      }),
  });
});

/**
 * Needs `vault:rewrap`, `audit:write`. To the CMK that new keys are sealed under and to no other: else they would mix again.
 * @throws {AppError} `invalid_input`, `kms_*`
 */
export async function rewrapVault(to: string, call: RewrapCall): Promise<RewrapReport> {
  if (to !== env('VAULT_KEY_ARN')) {
    throw new AppError('invalid_input', `This stage seals new keys under ${env('VAULT_KEY_ARN')}.`);
  }
  return rewrap()(call);
}
