// Needs that come together.
import type { Need } from './needs.ts';

/** Calls a provider on a stored key; renews the key, or marks it, if the provider rejects it. */
export const keyUse = [
  'vault:use',
  'providers:call',
  'keys:put',
  'keys:seal',
  'renewal-endpoints:read',
  'leases:acquire',
  'notices:raise',
] as const satisfies readonly Need[];

/** Changes something: a request that names an idempotency key is executed once. */
export const once = ['idempotency:use'] as const satisfies readonly Need[];

/** Finds registered tools, calls what they stand for, and quarantines one that has changed. */
export const registered = ['tools:find', 'tools:put', 'tools:reach'] as const satisfies readonly Need[];

/** The tools of one's own todos, of registered tools and of providers, admitted and recorded: the one path of tool calls. */
export const toolCall = [
  'todo:read',
  'todo:write',
  ...registered,
  'preferences:read',
  ...keyUse,
  'rates:admit',
  'budgets:reserve',
  'budgets:read',
  ...once,
  'audit:write',
] as const satisfies readonly Need[];
