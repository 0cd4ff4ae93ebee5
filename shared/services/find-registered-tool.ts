import type { Principal } from '#shared/auth/principal.ts';
import type { UpstreamPorts } from '#shared/registered-tools/ports.ts';
import type { RegisteredAsTool } from '#shared/tools/listed-tool.ts';
import { isRegisteredName, type RegisteredToolStore } from '#shared/tools/registered.ts';
import { findFor } from '#shared/tools/review.ts';

/**
 * Finds a registered tool that the caller may call. The row is read on every call: a tool that was disabled by any instance is
 * rejected at once. The code that checks and calls it is loaded only then.
 */
export const createFindRegistered =
  (ports: { store: Pick<RegisteredToolStore, 'find'>; upstream: () => UpstreamPorts }) =>
  async (principal: Principal, name: string): Promise<RegisteredAsTool | undefined> => {
    if (!isRegisteredName(name)) return undefined;
    const tool = await findFor(principal, name, ports.store);
    if (!tool) return undefined;
    const { runnable } = await import('#shared/registered-tools/runnable.ts');
    return runnable(tool, ports.upstream());
  };
