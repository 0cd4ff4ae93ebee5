// The table of contents of the API: one row = one method and path, one file in this folder, one Lambda, one role.
// Data only: the CDK app, the bundle script and the tests read it.
import type { Scope } from '#shared/auth/scopes.ts';

import type { Need } from './needs.ts';

export type Route = {
  /** File in this folder, construct id, Lambda name suffix and log service: one name everywhere. */
  readonly name: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'ANY';
  readonly path: `/${string}`;
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
  { name: 'health', method: 'GET', path: '/health', open: true, needs: [] },
  {
    name: 'metadata-protected-resource',
    method: 'GET',
    path: '/.well-known/oauth-protected-resource/mcp',
    open: true,
    needs: ['issuers:know'],
  },
  {
    name: 'keys-store',
    method: 'POST',
    path: '/api-keys',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', 'keys:seal', 'audit:write'],
  },
  {
    name: 'keys-list',
    method: 'GET',
    path: '/api-keys',
    scope: 'keys:read',
    needs: ['keys:read', 'audit:write'],
  },
  {
    name: 'keys-providers',
    method: 'GET',
    path: '/api-keys/providers',
    scope: 'keys:read',
    needs: ['keys:read', 'audit:write'],
  },
  {
    name: 'keys-delete',
    method: 'DELETE',
    path: '/api-keys/{key_id}',
    scope: 'keys:write',
    needs: ['keys:delete', 'audit:write'],
  },
  {
    name: 'keys-receipts',
    method: 'GET',
    path: '/api-keys/{key_id}/receipts',
    scope: 'keys:read',
    needs: ['keys:read', 'audit:read', 'audit:write'],
  },
  {
    name: 'tools-invoke',
    method: 'POST',
    path: '/mcp/tools/invoke',
    scope: 'tools:call',
    needs: ['todo:read', 'todo:write', 'vault:use', 'providers:call', 'audit:write'],
    timeoutSeconds: 29,
  },
  {
    name: 'tools-list',
    method: 'GET',
    path: '/mcp/tools',
    scope: 'tools:read',
    needs: ['keys:read', 'audit:write'],
  },
  {
    name: 'mcp',
    method: 'ANY',
    path: '/mcp',
    scope: 'tools:call',
    needs: ['todo:read', 'todo:write', 'vault:use', 'providers:call', 'audit:write', 'issuers:know'],
    streaming: true,
    timeoutSeconds: 60,
    bodyLimitKiB: 1024,
  },
  {
    name: 'account-erase',
    method: 'DELETE',
    path: '/account',
    scope: 'account:write',
    needs: ['keys:read', 'keys:delete', 'account:erase', 'audit:write'],
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
