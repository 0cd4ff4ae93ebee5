import { lazy } from '#shared/core/lazy.ts';
import { createListRegistered, createRegisteredFor } from '#shared/services/registered-tools.ts';
import { createDescribeTools } from '#shared/services/tool-list.ts';

import { keyStore } from './keys.ts';
import { toolStore } from './tools.ts';

const registeredFor = /* @__PURE__ */ lazy(() => createRegisteredFor(toolStore()));

/** Needs `tools:find`. */
export const listRegistered = /* @__PURE__ */ lazy(() => createListRegistered(registeredFor()));

/** Needs `keys:read`, `tools:find`. */
export const describeTools = /* @__PURE__ */ lazy(() =>
  createDescribeTools({ keys: keyStore(), registeredFor: registeredFor(), now: Date.now }),
);
