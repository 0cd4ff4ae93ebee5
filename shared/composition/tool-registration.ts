import { lazy } from '#shared/core/lazy.ts';
import { BUILT_IN_NAMES } from '#shared/tools/built-in-names.ts';
import { createRegisterTools, reservedLooks } from '#shared/services/tool-registration.ts';

import { audit } from './audit.ts';
import { toolEgress } from './egress.ts';
import { toolStore } from './tools.ts';

/** Loaded with the first registration: schema compilation and key renewal are heavy. */
const register = /* @__PURE__ */ lazy(async () => {
  const [{ createRegister }, { upstreamPorts }] = await Promise.all([
    import('#shared/registered-tools/register.ts'),
    import('./upstreams.ts'),
  ]);
  return createRegister({
    store: toolStore(),
    now: Date.now,
    checkUrl: toolEgress().check,
    upstream: upstreamPorts(),
    reserved: reservedLooks(BUILT_IN_NAMES),
  });
});

/** Needs `tools:find`, `tools:put`, `tools:reach`, `audit:write`, and the needs of `keyHealth`. */
export const registerTools = /* @__PURE__ */ lazy(() => createRegisterTools({ audit: audit(), register }));
