import type { Audit } from '#shared/audit/audit.ts';
import { type ChangedRecord, createTamperingReport } from '#shared/audit/tampering.ts';
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
