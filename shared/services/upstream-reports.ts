// Reports of an upstream whose tools changed.
import type { Audit } from '#shared/audit/audit.ts';
import type { Commit } from '#shared/core/write.ts';
import type { NoticeDraft, Notices } from '#shared/notices/notice.ts';
import type { UpstreamPorts } from '#shared/registered-tools/ports.ts';
import type { RegisteredTool, RegisteredToolStore } from '#shared/tools/registered.ts';

import { unlessConflict } from './unless-conflict.ts';

/** Notice to the admin who registered a shared tool, and who would otherwise not learn of its quarantine. */
const quarantineNotice = (tool: RegisteredTool, at: string): NoticeDraft => ({
  ownerId: tool.owner,
  kind: 'tool_quarantined',
  severity: 'warning',
  subject: tool.name,
  text: 'A shared tool changed at its upstream and can no longer be called.',
  next_step: `Review it with GET /mcp/tools/${tool.name}.`,
  dedupeKey: `${tool.version}-${at}`,
});

/** Once a day and version, however many callers there are. */
const mismatchNotice = (tool: RegisteredTool, now: number): NoticeDraft => ({
  ownerId: tool.owner,
  kind: 'tool_differs',
  severity: 'warning',
  subject: tool.name,
  text: "With another user's key, the upstream offers a different definition of this shared tool, or none. Their call was rejected; the tool stays active.",
  next_step:
    'Call the tool: if its definition changed for your key as well, it is quarantined for your review.',
  dedupeKey: `${tool.version}-${new Date(now).toISOString().slice(0, 10)}`,
});

type ReportPorts = {
  readonly store: Pick<RegisteredToolStore, 'replace'>;
  readonly audit: Pick<Audit, 'commit'>;
  readonly notices: Notices;
  readonly commit: Commit;
  readonly now: () => number;
};

/** Reports of a changed upstream. A conflict is ignored: another call recorded the same finding. */
export function createUpstreamReports(
  ports: ReportPorts,
): Pick<UpstreamPorts, 'quarantine' | 'reportMismatch'> {
  const { store, audit, notices, commit, now } = ports;
  return {
    async reportMismatch(tool, { requestId }) {
      await unlessConflict(commit(notices.raiseOnce(mismatchNotice(tool, now()), requestId)));
    },

    async quarantine(tool, drift, { principal, requestId }) {
      const updatedAt = drift.at;
      const next = { ...tool, state: 'quarantined' as const, drift, updatedAt, revision: tool.revision + 1 };
      const record = {
        ownerId: principal.ownerId,
        category: 'system' as const,
        act: 'tool.quarantined' as const,
        target: tool.name,
        result: 'succeeded' as const,
        requestId,
        meta: { version: tool.version, count: drift.changes.length },
      };
      const isNotified = tool.shared && tool.owner !== principal.ownerId;
      const raised = isNotified ? notices.raise(quarantineNotice(tool, updatedAt), requestId) : [];
      await unlessConflict(audit.commit(record, [store.replace(next), ...raised]));
    },
  };
}
