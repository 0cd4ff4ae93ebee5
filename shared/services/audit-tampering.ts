import type { Audit } from '#shared/audit/audit.ts';
import { type ChangedRecord, createTamperingReport, isFirstExpiry } from '#shared/audit/tampering.ts';
import type { Notices } from '#shared/notices/notice.ts';

import { unlessConflict } from './unless-conflict.ts';

type Ports = {
  readonly audit: Pick<Audit, 'commit'>;
  readonly notices: Pick<Notices, 'raiseOnce'>;
  readonly newRequestId: () => string;
};

/** Reports the same change of a record once, however often its event is delivered. */
export function createReportTampering({ audit, notices, newRequestId }: Ports) {
  const report = createTamperingReport({
    raiseOnce: (draft) => notices.raiseOnce(draft, newRequestId()),
    commit: (draft, changes) => audit.commit({ ...draft, requestId: newRequestId() }, changes),
  });
  return async (changed: ChangedRecord): Promise<void> => void (await unlessConflict(report(changed)));
}

/** Reports every change but the first time to live of a row that equals its exported record. */
export const createWatchRecords =
  (ports: {
    isExportedRow: (key: { pk: string; sk: string }) => Promise<boolean>;
    report: (changed: ChangedRecord) => Promise<void>;
  }) =>
  async (changed: ChangedRecord): Promise<void> => {
    if (isFirstExpiry(changed) && (await ports.isExportedRow(changed))) return;
    await ports.report(changed);
  };
