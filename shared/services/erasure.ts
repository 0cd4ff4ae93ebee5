import { createErasure, type Erased, statementOf, type Step } from '#shared/account/erasure.ts';
import type { AuditDraft } from '#shared/audit/audit.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { erasureTable } from '#shared/aws/erasure-table.ts';
import { removeLedger } from '#shared/aws/ledger-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import { CATALOG } from '#shared/providers/catalog.ts';

import { audit } from './audit.ts';
import { keyStore } from './key-store.ts';

function toldOf(step: Step): Pick<AuditDraft, 'act' | 'result' | 'target' | 'meta'> {
  if (step.kind === 'asked') return { act: 'account.erased', result: 'attempted' };
  if (step.kind === 'key') {
    return { act: 'key.deleted', result: 'succeeded', target: keyIdOf(step.provider, step.kid) };
  }
  return { act: 'account.erased', result: 'succeeded', target: 'rows', meta: { count: step.count } };
}

const erase = lazy(() =>
  createErasure({
    store: erasureTable(dynamo(), { content: env('CONTENT_TABLE'), control: env('CONTROL_TABLE') }),
    keys: keyStore(),
    forgetUsage: removeLedger(env('CONTROL_TABLE')),
    commit: transaction(dynamo()),
    record: (step, { uid, reqId }) =>
      audit().record({ uid, reqId, category: 'user_action', ...toldOf(step) }),
    now: Date.now,
  }),
);

/** Needs `account:erase`, `keys:read`, `keys:delete`, `audit:write`. Everything of the caller, as far as time allows. */
export const eraseAccount = (
  { uid }: Principal,
  call: { reqId: string; hasTime: () => boolean },
): Promise<Erased> => erase()({ uid, ...call });

export const erasureStatement = (erased: Erased) => statementOf(erased, CATALOG);
