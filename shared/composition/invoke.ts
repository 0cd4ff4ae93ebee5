import { lazy } from '#shared/core/lazy.ts';
import { createFindRegistered } from '#shared/services/find-registered-tool.ts';
import type { FindAlternatives } from '#shared/tools/alternatives.ts';
import { loadBuiltIn } from '#shared/tools/load-built-in.ts';

import { preferenceOf } from './account.ts';
import { pacing } from './admission.ts';
import { providerOrigins } from './configuration.ts';
import { invokeWith } from './invoke-path.ts';
import { keyStore } from './keys.ts';
import { limits } from './limits.ts';
import { toolStore } from './tools.ts';
import { upstreamPorts } from './upstreams.ts';

/** Needs `tools:find`, and for its call `tools:reach`, `vault:use`. */
export const findRegistered = /* @__PURE__ */ lazy(() =>
  createFindRegistered({ store: toolStore(), upstream: upstreamPorts }),
);

/** Loaded with the first rejection: it names the other tools. */
const alternatives: FindAlternatives = async (principal, rejected) => {
  const { createAlternatives } = await import('#shared/services/alternatives.ts');
  const find = createAlternatives({
    keys: keyStore(),
    rates: () => limits().current(),
    preferenceOf: preferenceOf(),
    origins: providerOrigins(),
    isLow: pacing().isLow,
    now: Date.now,
  });
  return find(principal, rejected);
};

/** Needs `rates:admit`, `budgets:reserve`, `budgets:read` where usage can be asked for, `preferences:read`, `idempotency:use`, `audit:write`, `todo:read` and `todo:write` where todos can be called for, `tools:find`, `tools:put`, `tools:reach`, `vault:use`, `providers:call`, `breakers:use`, and the needs of `keyHealth`. */
export const invoke = /* @__PURE__ */ lazy(() =>
  invokeWith({ findBuiltIn: loadBuiltIn, findRegistered: findRegistered(), alternatives }),
);
