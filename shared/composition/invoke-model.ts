import { lazy } from '#shared/core/lazy.ts';

import { invokeWith } from './invoke-path.ts';

/** As `invoke`, for routes that pass their tool and return no alternatives: their bundles leave the other tools out. */
export const invokeModel = /* @__PURE__ */ lazy(() =>
  invokeWith({
    findBuiltIn: async () => undefined,
    findRegistered: async () => undefined,
    alternatives: async () => [],
  }),
);
