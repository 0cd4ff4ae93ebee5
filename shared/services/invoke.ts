import { dynamo } from '#shared/aws/dynamo.ts';
import { todoTable } from '#shared/aws/todo-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import { createTodos } from '#shared/todo/todo.ts';
import { createInvoke } from '#shared/tools/invoke.ts';

import { alternatives } from './alternatives.ts';
import { audit } from './audit.ts';
import { egress } from './egress.ts';
import { beginIdempotentRequest } from './idempotency.ts';
import { keyHealth } from './key-health.ts';
import { usableKeys } from './usable-keys.ts';
import { preferenceOf } from './preference.ts';
import { providerOrigins } from './provider-origins.ts';
import { refuse } from './refuse.ts';
import { admitCall, admitProvider, pacing } from './rates.ts';
import { findRegistered } from './registered-tools.ts';
import { spending } from './spending.ts';
import { toolStatus } from './tool-status.ts';

/** Needs `rates:admit`, `budgets:reserve`, `budgets:read` where usage can be asked for, `preferences:read`, `idempotency:use`, `audit:write`, `todo:read` and `todo:write` where todos can be called for, `tools:find`, `tools:put`, `tools:reach`, `vault:use`, `providers:call`, and what key-health.ts needs. */
export const invoke = lazy(() =>
  createInvoke({
    audit: audit(),
    todos: createTodos({ store: todoTable(dynamo(), env('CONTENT_TABLE')), now: Date.now }),
    completions: createCompletions({
      vault: usableKeys(),
      health: keyHealth(),
      egress: egress(),
      origins: providerOrigins(),
      preferenceOf: preferenceOf(),
      pacing: pacing(),
      now: Date.now,
    }),
    account: spending(),
    admit: admitCall,
    admitProvider,
    status: toolStatus,
    beginIdempotentRequest,
    findRegistered,
    alternatives,
    refuse: refuse(),
    now: Date.now,
  }),
);
