import { accountsIn } from '#shared/audit/accounts.ts';
import { ANONYMOUS } from '#shared/audit/audit.ts';
import { keyLog } from '#shared/aws/decrypt-log-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { ownerTrail } from '#shared/aws/owner-trail.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import {
  createDecryptReconciliation,
  type ReconciliationCounts,
  incidentNotice,
} from '#shared/vault/decrypt-reconciliation-day.ts';

import { audit } from './audit.ts';
import { notices } from './notices.ts';

type Run = {
  /** The day before this one is audited. */
  readonly nowMs: number;
  readonly reqId: string;
  readonly onFailure: (error: unknown) => void;
};

/** Needs `decrypt-reconciliation:read`, `notices:raise` and `audit:write`. */
export function reconcileDecryptsOfDay({ nowMs, reqId, onFailure }: Run): Promise<ReconciliationCounts> {
  const commit = transaction(dynamo());
  const trail = ownerTrail(dynamo(), env('AUDIT_TABLE'));

  const auditDay = createDecryptReconciliation({
    log: keyLog(dynamo(), env('CONTROL_TABLE')),
    accounts: async (uid, span) => accountsIn(await trail(uid, span)).map((account) => ({ ...account, uid })),
    async tell(opening) {
      try {
        await commit(notices().raiseOnce(incidentNotice(opening), reqId));
        return 'told';
      } catch (error) {
        if (error instanceof AppError && error.code === 'conflict') return 'known';
        throw error;
      }
    },
    record: (day, { openings, matched, possible, unmatched, unproven, unnamed, failed }) =>
      audit().commit({
        uid: ANONYMOUS,
        category: 'system',
        act: 'custody.compared',
        result: failed === 0 ? 'succeeded' : 'failed',
        reqId,
        target: day,
        meta: {
          count: openings,
          outcome: `${matched} matched, ${possible} possible, ${unmatched} unmatched, ${unproven} unproven, ${unnamed} unnamed`,
          severity: unmatched + unnamed === 0 ? 'info' : 'critical',
        },
      }),
    onFailure,
  });
  return auditDay(nowMs);
}
