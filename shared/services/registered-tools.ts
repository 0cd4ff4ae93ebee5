// Registered tools as the faces offer them and the invoke path calls them.
import * as z from 'zod/mini';

import type { Principal } from '#shared/auth/principal.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { once } from '#shared/core/once.ts';
import { createEgress } from '#shared/egress/egress.ts';
import { isRegisteredName } from '#shared/tools/registered.ts';
import { findFor } from '#shared/tools/review.ts';
import { shown } from '#shared/tools/shown.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { createCredentials } from '#shared/upstream/credentials.ts';
import type { UpstreamPorts } from '#shared/upstream/ports.ts';

import { audit } from './audit.ts';
import { keyUse } from './key-use.ts';
import { registeredFor, toolStore } from './tool-registry.ts';

const Origins = z.array(z.url());

/**
 * Needs `tools:reach`. A guard of its own: the origins that the stage trusts for providers are not trusted here, and the
 * gateway must not be made to call itself.
 */
export const toolEgress = once(() =>
  createEgress({
    trustedOrigins: Origins.parse(JSON.parse(env('TOOL_ORIGINS'))),
    ownOrigin: new URL(env('PUBLIC_URL')).origin,
    ownHosts: [new URL(env('PUBLIC_URL')).hostname],
  }),
);

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

/** Needs `tools:reach`, `tools:put`, `vault:use`, `audit:write`. */
export const upstreamPorts = once(
  (): UpstreamPorts => ({ egress: toolEgress(), credentials: createCredentials(keyUse()), quarantine }),
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
