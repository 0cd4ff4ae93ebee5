// The rows of tools that are registered at run time: a part of routes.ts.
import { keyUse, once, registered } from './need-groups.ts';
import type { Route } from './routes.ts';

export const toolRoutes = [
  {
    name: 'tools-register',
    method: 'POST',
    path: '/mcp/tools',
    scope: 'tools:write',
    needs: [...registered, ...keyUse, ...once, 'audit:write'],
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
] as const satisfies readonly Route[];
