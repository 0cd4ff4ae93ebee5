import { once } from '#shared/core/once.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';
import type { RegisterCall } from '#shared/upstream/offered.ts';

import { audit } from './audit.ts';
import { toolEgress, upstreamPorts } from './registered-tools.ts';
import { toolStore } from './tool-registry.ts';

/** First words of our own tools' names, and of what clients call us. */
const reserved = once(
  () => new Set(['mcp', 'portunus', 'tool', 'tools', ...TOOLS.map(({ name }) => name.split('_')[0] ?? '')]),
);

/** Loaded with the first registration: what compiles schemas is heavy. */
const register = once(async () => {
  const { createRegister } = await import('#shared/upstream/register.ts');
  const { check: checkUrl } = toolEgress();
  const upstream = upstreamPorts();
  return createRegister({ store: toolStore(), now: Date.now, checkUrl, upstream, reserved: reserved() });
});

type Call = Omit<RegisterCall, 'begin'> & { readonly requestId: string };

/** Needs `tools:find`, `tools:put`, `tools:reach`, `vault:use`, `audit:write`. */
export async function registerTools(body: RegisterToolsBody, call: Call) {
  const { uid } = call.principal;
  const begin = (alias: string) =>
    audit().commit({
      uid,
      category: 'user_action',
      act: 'tool.registered',
      target: alias,
      result: 'attempted',
      reqId: call.requestId,
    });
  return (await register())(body, { ...call, begin });
}
