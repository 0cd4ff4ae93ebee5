import { dynamo } from '#shared/aws/dynamo.ts';
import { todoTable } from '#shared/aws/todo-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import { createAlternatives } from '#shared/services/alternatives.ts';
import { createFindRegistered } from '#shared/services/find-registered-tool.ts';
import { createToolStatus } from '#shared/services/tool-status.ts';
import { createTodos } from '#shared/todo/todo.ts';
import { createInvoke } from '#shared/tools/invoke.ts';

import { preferenceOf } from './account.ts';
import { admission, pacing, spending } from './admission.ts';
import { audit, refuse } from './audit.ts';
import { lookUpResponse } from './cache.ts';
import { providerOrigins } from './configuration.ts';
import { egress } from './egress.ts';
import { beginIdempotentRequest } from './idempotency.ts';
import { keyHealth, usableKeys } from './key-use.ts';
import { keyStore } from './keys.ts';
import { limits, ownUsage } from './limits.ts';
import { toolStore } from './tools.ts';
import { upstreamPorts } from './upstreams.ts';

const now = Date.now;

/** Needs `tools:find`, and for its call `tools:reach`, `vault:use`. */
export const findRegistered = /* @__PURE__ */ lazy(() =>
  createFindRegistered({ store: toolStore(), upstream: upstreamPorts }),
);

const completions = () =>
  createCompletions({
    vault: usableKeys(),
    health: keyHealth(),
    egress: egress(),
    origins: providerOrigins(),
    preferenceOf: preferenceOf(),
    pacing: pacing(),
    now,
  });

const alternatives = () =>
  createAlternatives({
    keys: keyStore(),
    rates: () => limits().current(),
    preferenceOf: preferenceOf(),
    origins: providerOrigins(),
    isLow: pacing().isLow,
    now,
  });

/** Needs `rates:admit`, `budgets:reserve`, `budgets:read` where usage can be asked for, `preferences:read`, `idempotency:use`, `audit:write`, `todo:read` and `todo:write` where todos can be called for, `tools:find`, `tools:put`, `tools:reach`, `vault:use`, `providers:call`, and the needs of `keyHealth`. */
export const invoke = /* @__PURE__ */ lazy(() =>
  createInvoke({
    audit: audit(),
    todos: createTodos({ store: todoTable(dynamo(), env('CONTENT_TABLE')), now }),
    completions: completions(),
    account: spending(),
    admit: admission().admitCall,
    admitProvider: admission().admitProvider,
    status: createToolStatus({
      keys: keyStore(),
      origins: providerOrigins(),
      ownUsage: (caller) => ownUsage()(caller), // not every function that calls tools may read budgets
      now,
    }),
    beginIdempotentRequest,
    lookUpResponse,
    findRegistered: findRegistered(),
    alternatives: alternatives(),
    refuse: refuse(),
    now,
  }),
);
