import { accountsIn } from '#shared/audit/accounts.ts';
import { ANONYMOUS, type Audit } from '#shared/audit/audit.ts';
import type { AuditRecord } from '#shared/audit/record.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Commit } from '#shared/core/write.ts';
import type { Notices } from '#shared/notices/notice.ts';
import {
  createDecryptReconciliation,
  incidentNotice,
  type KeyLog,
  type ReconciliationCounts,
} from '#shared/vault/decrypt-reconciliation-day.ts';

import { unlessConflict } from './unless-conflict.ts';

type Ports = {
  readonly log: KeyLog;
  /** An owner's records between two times. */
  readonly trail: (ownerId: OwnerId, span: { fromMs: number; toMs: number }) => Promise<AuditRecord[]>;
  readonly notices: Pick<Notices, 'raiseOnce'>;
  readonly audit: Pick<Audit, 'commit'>;
  readonly commit: Commit;
};

type Run = {
  /** The day before this one is audited. */
  readonly nowMs: number;
  readonly requestId: string;
  readonly onFailure: (error: unknown) => void;
};

export const createReconcileDecryptsOfDay =
  ({ log, trail, notices, audit, commit }: Ports) =>
  ({ nowMs, requestId, onFailure }: Run): Promise<ReconciliationCounts> => {
    const auditDay = createDecryptReconciliation({
      log,
      accounts: async (ownerId, span) =>
        accountsIn(await trail(ownerId, span)).map((account) => ({ ...account, ownerId })),
      tell: async (opening) =>
        (await unlessConflict(commit(notices.raiseOnce(incidentNotice(opening), requestId))))
          ? 'told'
          : 'known',
      record: (day, { openings, matched, possible, unmatched, unproven, unnamed, failed }) =>
        audit.commit({
          ownerId: ANONYMOUS,
          category: 'system',
          act: 'custody.compared',
          result: failed === 0 ? 'succeeded' : 'failed',
          requestId,
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
  };
