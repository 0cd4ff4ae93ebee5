import { ANONYMOUS, type Audit } from '#shared/audit/audit.ts';
import type { TamperedEntry } from '#shared/cache/tiers.ts';
import { PUBLIC_SCOPE } from '#shared/cache/store.ts';

/** Records a cache entry that was changed by other means than this gateway. The ops topic reports the record. */
export const createReportCacheTampering =
  ({ audit }: { audit: Pick<Audit, 'commit'> }) =>
  ({ scope, tool, requestId }: TamperedEntry): Promise<void> =>
    audit.commit({
      ownerId: scope === PUBLIC_SCOPE ? ANONYMOUS : scope,
      category: 'system',
      act: 'cache.tampered',
      result: 'succeeded',
      requestId,
      target: tool,
      meta: { reason: 'modified', severity: 'critical' },
    });
