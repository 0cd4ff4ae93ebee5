// Registered tools as the faces offer them and the invoke path calls them.
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { once } from '#shared/core/once.ts';
import { isRegisteredName } from '#shared/tools/registered.ts';
import { findFor } from '#shared/tools/review.ts';
import { shown } from '#shared/tools/shown.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { createCredentials } from '#shared/upstream/credentials.ts';
import type { UpstreamPorts } from '#shared/upstream/ports.ts';

import { audit } from './audit.ts';
import { keyHealth } from './key-health.ts';
import { keyUse } from './key-use.ts';
import { toolEgress } from './tool-egress.ts';
import { registeredFor, toolStore } from './tool-registry.ts';

/** Somebody else may have found it at the same moment: then it is in quarantine already. */
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
  await audit()
    .commit(record, [toolStore().replace(next)])
    .catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    });
};

/** Needs `tools:reach`, `tools:put`, `audit:write`, and what key-health.ts needs. */
export const upstreamPorts = once(
  (): UpstreamPorts => ({
    egress: toolEgress(),
    credentials: createCredentials({ vault: keyUse(), health: keyHealth(), now: Date.now }),
    quarantine,
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
  const { runnable } = await import('#shared/upstream/runnable.ts');
  return runnable(tool, upstreamPorts());
}

/** Needs `tools:find`. Those that can be called now. */
export const listRegistered = async (principal: Principal): Promise<Tool[]> =>
  (await registeredFor(principal)).filter(({ state }) => state === 'active').map(shown);
