// The rows of tools that are registered at run time: a part of routes.ts.
import type { Need } from './needs.ts';

/** Finds registered tools, calls what they stand for, and quarantines one that has changed. */
export const registered = ['tools:find', 'tools:put', 'tools:reach'] as const satisfies readonly Need[];

export const toolRoutes = [
  {
    name: 'tools-register',
    method: 'POST',
    path: '/mcp/tools',
    scope: 'tools:write',
    needs: [...registered, 'vault:use', 'audit:write'],
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
    needs: ['tools:find', 'tools:put', 'audit:write'],
  },
  {
    name: 'tools-delete',
    method: 'DELETE',
    path: '/mcp/tools/{name}',
    scope: 'tools:write',
    needs: ['tools:find', 'tools:delete', 'audit:write'],
  },
] as const;
