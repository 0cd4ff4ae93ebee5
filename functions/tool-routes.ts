// The rows of tools that are registered at run time: a part of routes.ts.
import type { Need } from './needs.ts';

/** Changes something: a request that names a key is done once. */
export const once = ['idempotency:keep', 'secret:read'] as const satisfies readonly Need[];

/** Finds registered tools, calls what they stand for, and quarantines one that has changed. */
export const registered = ['tools:find', 'tools:put', 'tools:reach'] as const satisfies readonly Need[];

export const toolRoutes = [
  {
    name: 'tools-register',
    method: 'POST',
    path: '/mcp/tools',
    scope: 'tools:write',
    needs: [...registered, 'vault:use', ...once, 'audit:write'],
    timeoutSeconds: 29,
    bodyLimitKiB: 2048,
  },
  {
    name: 'tools-read',
    method: 'GET',
    path: '/mcp/tools/{name}',
    scope: 'tools:read',
    needs: ['tools:find', 'audit:write'],
  },
  {
    name: 'tools-review',
    method: 'POST',
    path: '/mcp/tools/{name}/review',
    scope: 'tools:write',
    needs: ['tools:find', 'tools:put', ...once, 'audit:write'],
  },
  {
    name: 'tools-delete',
    method: 'DELETE',
    path: '/mcp/tools/{name}',
    scope: 'tools:write',
    needs: ['tools:find', 'tools:delete', ...once, 'audit:write'],
  },
] as const;
