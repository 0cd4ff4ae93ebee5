// The invoke path: invoke.ts gives it all tools, invoke-model.ts one.
import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { todoTable } from '#shared/aws/todo-table.ts';
import { env } from '#shared/core/env.ts';

import { createCompletions } from '#shared/providers/completions.ts';
import { failoverTargets } from '#shared/providers/failover-targets.ts';
import { createToolStatus } from '#shared/services/tool-status.ts';
import { createTodos } from '#shared/todo/todo.ts';
import type { FindAlternatives } from '#shared/tools/alternatives.ts';
import { createInvoke } from '#shared/tools/invoke.ts';
import type { Tool } from '#shared/tools/tool.ts';

import { preferenceOf } from './account.ts';
import { admission, pacing, spending } from './admission.ts';
import { audit, recordRejection } from './audit.ts';
import { lookUpResponse } from './cache.ts';
import { providerOrigins } from './configuration.ts';
import { egress } from './egress.ts';
import { beginIdempotentRequest } from './idempotency.ts';
import { keyHealth, usableKeys } from './key-use.ts';
import { keyStore } from './keys.ts';
import { ownUsage } from './limits.ts';
import { upstreamGuard } from './resilience.ts';

const now = Date.now;

const completions = () =>
  createCompletions({
    vault: usableKeys(),
    health: keyHealth(),
    egress: egress(),
    origins: providerOrigins(),
    preferenceOf: preferenceOf(),
    pacing: pacing(),
    guard: upstreamGuard(),
    now,
  });

type OtherTools = {
  readonly findBuiltIn: (name: string) => Promise<Tool | undefined>;
  readonly findRegistered: (principal: Principal, name: string) => Promise<Tool | undefined>;
  readonly alternatives: FindAlternatives;
};

export const invokeWith = (others: OtherTools) =>
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
      guard: upstreamGuard(),
      ownUsage: (caller) => ownUsage()(caller), // not every function that calls tools may read budgets
      now,
    }),
    beginIdempotentRequest,
    lookUpResponse,
    ...others,
    failoverTargets: async (owner, failed) => failoverTargets(await preferenceOf()(owner), failed),
    recordRejection: recordRejection(),
    now,
  });
