// The table of contents of the API: one row = one method and path, one file in this folder, one Lambda, one role.
// Data only: the CDK app, the bundle script and the tests read it.
import type { Scope } from '#shared/auth/scopes.ts';

import { keyRoutes } from './key-routes.ts';
import { once, toolCall } from './need-groups.ts';
import type { Need } from './needs.ts';
import { protocolRoutes } from './protocol-routes.ts';
import { toolRoutes } from './tool-routes.ts';

type RouteAlias = { readonly method: 'GET' | 'HEAD'; readonly path: `/${string}` };

export type Route = {
  /** File in this folder, construct id, Lambda name suffix and log service: one name everywhere. */
  readonly name: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'ANY';
  readonly path: `/${string}`;
  /** Further methods and paths of the same function. */
  readonly aliases?: readonly RouteAlias[];
  readonly needs: readonly Need[];
  /** Answers through Lambda response streaming. */
  readonly streaming?: true;
  /** Default 10. */
  readonly timeoutSeconds?: number;
  /** Largest accepted body, default 256. */
  readonly bodyLimitKiB?: number;
} & (
  | { readonly open: true } // nobody signs in for this one
  | { readonly scope: Scope }
);

export const routes = [
  ...protocolRoutes,
  { name: 'health', method: 'GET', path: '/health', open: true, needs: [] },
  {
    name: 'metadata-protected-resource',
    method: 'GET',
    path: '/.well-known/oauth-protected-resource/mcp',
    aliases: [
      { method: 'HEAD', path: '/.well-known/oauth-protected-resource/mcp' },
      { method: 'GET', path: '/.well-known/oauth-protected-resource' },
      { method: 'HEAD', path: '/.well-known/oauth-protected-resource' },
    ],
    open: true,
    needs: ['issuers:read'],
  },
  {
    name: 'metadata-authorization-server',
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    aliases: [{ method: 'HEAD', path: '/.well-known/oauth-authorization-server' }],
    open: true,
    needs: ['issuers:read'],
  },
  ...keyRoutes,
  {
    name: 'tools-invoke',
    method: 'POST',
    path: '/mcp/tools/invoke',
    scope: 'tools:call',
    needs: toolCall,
    timeoutSeconds: 29,
  },
  {
    name: 'tools-list',
    method: 'GET',
    path: '/mcp/tools',
    scope: 'tools:read',
    needs: ['keys:read', 'tools:find', 'audit:write'],
  },
  ...toolRoutes,
  {
    name: 'limits-read',
    method: 'GET',
    path: '/limits',
    scope: 'ops:write',
    needs: ['limits:read', 'audit:write'],
  },
  {
    name: 'limits-change',
    method: 'PUT',
    path: '/limits',
    scope: 'admin:write',
    needs: ['limits:write', ...once, 'audit:write'],
  },
  {
    name: 'usage-history',
    method: 'GET',
    path: '/usage/history',
    scope: 'usage:read',
    needs: ['usage:history', 'audit:read', 'audit:write'],
  },
  {
    name: 'notices-list',
    method: 'GET',
    path: '/notices',
    scope: 'usage:read',
    needs: ['notices:read', 'audit:write'],
  },
  {
    name: 'notices-read',
    method: 'POST',
    path: '/notices/{id}/read',
    scope: 'account:write',
    needs: ['notices:mark', ...once, 'audit:write'],
  },
  {
    name: 'sessions-list',
    method: 'GET',
    path: '/sessions',
    scope: 'usage:read',
    needs: ['sessions:list', 'audit:write'],
  },
  {
    name: 'sessions-revoke',
    method: 'DELETE',
    path: '/sessions/{session_id}',
    scope: 'account:write',
    needs: ['sessions:end', ...once, 'audit:write'],
  },
  {
    name: 'sessions-revoke-all',
    method: 'POST',
    path: '/sessions/revoke-all',
    scope: 'account:write',
    needs: ['sessions:end', ...once, 'audit:write'],
  },
  {
    name: 'admin-sessions-revoke',
    method: 'POST',
    path: '/admin/sessions/revoke',
    scope: 'admin:write',
    needs: ['sessions:end', ...once, 'audit:write'],
  },
  {
    name: 'usage-read',
    method: 'GET',
    path: '/usage',
    scope: 'usage:read',
    needs: ['budgets:read', 'audit:write'],
  },
  {
    name: 'preferences-read',
    method: 'GET',
    path: '/preferences',
    scope: 'usage:read',
    needs: ['preferences:read', 'audit:write'],
  },
  {
    name: 'preferences-write',
    method: 'PUT',
    path: '/preferences',
    scope: 'account:write',
    needs: ['preferences:read', 'preferences:write', ...once, 'audit:write'],
  },
  {
    name: 'account-erase',
    method: 'DELETE',
    path: '/account',
    scope: 'account:write',
    needs: ['keys:read', 'keys:delete', 'account:erase', 'sessions:end', ...once, 'audit:write'],
    timeoutSeconds: 29,
  },
  {
    name: 'audit-logs',
    method: 'GET',
    path: '/audit/logs',
    scope: 'audit:read',
    needs: ['audit:read', 'audit:write'],
  },
] as const satisfies readonly Route[];

/** All that a row's role is made of: what it declares, and what every route with a caller does before it works. */
export const needsOf = (row: Route): readonly Need[] =>
  'open' in row ? row.needs : [...row.needs, 'sessions:check'];
