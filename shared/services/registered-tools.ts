// Registered tools as the faces offer them and the invoke path calls them.
import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { NoticeDraft } from '#shared/notices/notice.ts';
import { isRegisteredName, type RegisteredTool } from '#shared/tools/registered.ts';
import { findFor } from '#shared/tools/review.ts';
import { listedTool } from '#shared/tools/listed-tool.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { createCredentials } from '#shared/registered-tools/credentials.ts';
import type { UpstreamPorts } from '#shared/registered-tools/ports.ts';

import { audit } from './audit.ts';
import { keyHealth } from './key-health.ts';
import { usableKeys } from './usable-keys.ts';
import { notices } from './notices.ts';
import { toolEgress } from './tool-egress.ts';
import { registeredFor, toolStore } from './tool-registry.ts';

/** Ignores a conflict: another call recorded the same finding concurrently, or earlier. */
async function unlessKnown(committed: Promise<void>): Promise<void> {
  try {
    await committed;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
  }
}

/** Notice to the admin who registered a shared tool, and who would otherwise not learn of its quarantine. */
const quarantined = (tool: RegisteredTool, at: string): NoticeDraft => ({
  uid: tool.owner,
  kind: 'tool_quarantined',
  severity: 'warning',
  subject: tool.name,
  text: 'A shared tool changed at its upstream and can no longer be called.',
  next_step: `Review it with GET /mcp/tools/${tool.name}.`,
  dedupeKey: `${tool.version}-${at}`,
});

/** Once a day and version, however many callers there are. */
const mismatch = (tool: RegisteredTool, now: number): NoticeDraft => ({
  uid: tool.owner,
  kind: 'tool_differs',
  severity: 'warning',
  subject: tool.name,
  text: "With another user's key, the upstream offers a different definition of this shared tool, or none. Their call was rejected; the tool stays active.",
  next_step:
    'Call the tool: if its definition changed for your key as well, it is quarantined for your review.',
  dedupeKey: `${tool.version}-${new Date(now).toISOString().slice(0, 10)}`,
});

const reportMismatch: UpstreamPorts['reportMismatch'] = (tool, { requestId }) =>
  unlessKnown(transaction(dynamo())(notices().raiseOnce(mismatch(tool, Date.now()), requestId)));

const quarantine: UpstreamPorts['quarantine'] = async (tool, drift, { principal, requestId }) => {
  const updatedAt = drift.at;
  const next = { ...tool, state: 'quarantined' as const, drift, updatedAt, rv: tool.rv + 1 };
  const record = {
    uid: principal.uid,
    category: 'system' as const,
    act: 'tool.quarantined' as const,
    target: tool.name,
    result: 'succeeded' as const,
    reqId: requestId,
    meta: { version: tool.version, count: drift.changes.length },
  };
  const isTold = tool.shared && tool.owner !== principal.uid;
  const told = isTold ? notices().raise(quarantined(tool, updatedAt), requestId) : [];
  await unlessKnown(audit().commit(record, [toolStore().replace(next), ...told]));
};

/** Needs `tools:reach`, `tools:put`, `audit:write`, and what key-health.ts needs. */
export const upstreamPorts = lazy(
  (): UpstreamPorts => ({
    egress: toolEgress(),
    credentials: createCredentials({ vault: usableKeys(), health: keyHealth(), now: Date.now }),
    quarantine,
    reportMismatch,
  }),
);

/**
 * Needs `tools:find`, and for its call `tools:reach`, `vault:use`. The row is read on every call: a tool that was disabled
 * anywhere is refused here at once. What checks and calls it is loaded only then.
 */
export async function findRegistered(principal: Principal, name: string): Promise<Tool | undefined> {
  if (!isRegisteredName(name)) return undefined;
  const tool = await findFor(principal, name, toolStore());
  if (!tool) return undefined;
  const { runnable } = await import('#shared/registered-tools/runnable.ts');
  return runnable(tool, upstreamPorts());
}

/** Needs `tools:find`. Those that can be called now. */
export const listRegistered = async (principal: Principal): Promise<Tool[]> =>
  (await registeredFor(principal)).filter(({ state }) => state === 'active').map(listedTool);
