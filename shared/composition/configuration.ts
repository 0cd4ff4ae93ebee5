// Values of the stage's configuration, parsed once.
import { Issuers } from '#shared/auth/issuer.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { Origins, ToolOrigins } from '#shared/egress/origins.ts';
import { Budgets } from '#shared/limits/budgets.ts';
import { ProviderOrigins } from '#shared/providers/origins.ts';
import { TokenEndpoints } from '#shared/providers/token-refresh.ts';

const json = (variable: string): unknown => JSON.parse(env(variable));

/** Needs `issuers:read`. Issuers whose tokens this stage accepts. */
export const issuers = /* @__PURE__ */ lazy(() => Issuers.parse(json('ISSUERS')));

/** Needs `budgets:read` or `budgets:reserve`. */
export const budgets = /* @__PURE__ */ lazy(() => Budgets.parse(json('BUDGETS')));

/** Needs `providers:call`. */
export const providerOrigins = /* @__PURE__ */ lazy(() => ProviderOrigins.parse(json('PROVIDER_ORIGINS')));

/** Needs `renewal-endpoints:read`. */
export const tokenEndpoints = /* @__PURE__ */ lazy(() => TokenEndpoints.parse(json('RENEWAL_ENDPOINTS')));

/** Needs `providers:call` or `issuers:read`. */
export const trustedOrigins = /* @__PURE__ */ lazy(() => Origins.parse(json('TRUSTED_ORIGINS')));

/** Needs `tools:reach`. */
export const toolOrigins = /* @__PURE__ */ lazy(() => ToolOrigins.parse(json('TOOL_ORIGINS')));
