// Calls of registered tools. A file of its own: functions/tools-register.ts loads it with the first registration.
import { dynamo } from '#shared/aws/dynamo.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createCredentials } from '#shared/registered-tools/credentials.ts';
import type { UpstreamPorts } from '#shared/registered-tools/ports.ts';
import { createUpstreamReports } from '#shared/services/upstream-reports.ts';

import { audit } from './audit.ts';
import { invalidateCache } from './cache.ts';
import { toolEgress } from './egress.ts';
import { keyHealth, usableKeys } from './key-use.ts';
import { notices } from './notices.ts';
import { upstreamGuard } from './resilience.ts';
import { toolStore } from './tools.ts';

/** Needs `tools:reach`, `tools:put`, `audit:write`, and the needs of `keyHealth`. */
export const upstreamPorts = /* @__PURE__ */ lazy(
  (): UpstreamPorts => ({
    egress: toolEgress(),
    guard: upstreamGuard(),
    invalidateCache,
    commit: transaction(dynamo()),
    credentials: createCredentials({ vault: usableKeys(), health: keyHealth(), now: Date.now }),
    ...createUpstreamReports({
      store: toolStore(),
      audit: audit(),
      notices: notices(),
      commit: transaction(dynamo()),
      now: Date.now,
    }),
  }),
);
