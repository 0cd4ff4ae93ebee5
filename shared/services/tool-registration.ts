import type { Principal } from '#shared/auth/principal.ts';
import { once } from '#shared/core/once.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';

import { toolEgress } from './registered-tools.ts';
import { toolStore } from './tool-registry.ts';

/** First words of our own tools' names, and of what clients call us. */
const reserved = once(
  () => new Set(['mcp', 'portunus', 'tool', 'tools', ...TOOLS.map(({ name }) => name.split('_')[0] ?? '')]),
);

/** Loaded with the first registration: what compiles schemas is heavy. */
const register = once(async () => {
  const { createRegister } = await import('#shared/upstream/register.ts');
  const { check: checkUrl } = toolEgress();
  return createRegister({ store: toolStore(), now: Date.now, checkUrl, reserved: reserved() });
});

/** Needs `tools:find`, `tools:put`, `tools:reach`, `vault:use`, `audit:write`. */
export const registerTools = async (principal: Principal, body: RegisterToolsBody) =>
  (await register())(principal, body);
