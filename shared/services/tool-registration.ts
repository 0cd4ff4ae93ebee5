import { lazy } from '#shared/core/lazy.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';
import { lookOf } from '#shared/registered-tools/look-alike.ts';
import type { RegisterCall } from '#shared/registered-tools/candidates.ts';

import { audit } from './audit.ts';
import { toolEgress } from './tool-egress.ts';
import { toolStore } from './tool-registry.ts';

/** Names that clients use for this gateway. */
const OURS = ['mcp', 'portunus', 'tool', 'tools'];
/** Common names of providers and their models. */
const OTHERS = ['chatgpt', 'claude', 'gemini', 'gpt', 'vertex'];

/** Loaded with the first registration: what compiles schemas is heavy, and so are all our tools, and what renews a key. */
const register = lazy(async () => {
  const [{ createRegister }, { TOOLS }, { upstreamPorts }] = await Promise.all([
    import('#shared/registered-tools/register.ts'),
    import('#shared/tools/registry.ts'),
    import('./registered-tools.ts'),
  ]);
  const names = [...OURS, ...OTHERS, ...CATALOG.map(({ id }) => id), ...TOOLS.map(({ name }) => name)];
  const reserved = new Set([...names, ...TOOLS.map(({ name }) => name.split('_')[0] ?? '')].map(lookOf));
  const { check: checkUrl } = toolEgress();
  const upstream = upstreamPorts();
  return createRegister({ store: toolStore(), now: Date.now, checkUrl, upstream, reserved });
});

type Call = Omit<RegisterCall, 'begin'>;

/** Needs `tools:find`, `tools:put`, `tools:reach`, `audit:write`, and what key-health.ts needs. */
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
