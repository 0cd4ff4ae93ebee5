import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createEgress } from '#shared/egress/egress.ts';
import { createToolEgress } from '#shared/services/tool-egress.ts';

import { toolOrigins, trustedOrigins } from './configuration.ts';

/** This gateway itself, which no call may reach: it would call itself without end. */
const own = () => {
  const { origin, hostname } = new URL(env('PUBLIC_URL'));
  return { ownOrigin: origin, ownHosts: [hostname] };
};

/** Needs `providers:call`. */
export const egress = /* @__PURE__ */ lazy(() =>
  createEgress({ ...own(), trustedOrigins: trustedOrigins() }),
);

/** Needs `tools:reach`. Origins that the stage trusts for providers are not trusted here. */
export const toolEgress = /* @__PURE__ */ lazy(() => createToolEgress(toolOrigins(), own()));
