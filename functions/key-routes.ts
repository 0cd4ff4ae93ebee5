// The rows of stored keys: a part of routes.ts.
import { once } from './need-groups.ts';
import type { Route } from './routes.ts';

export const keyRoutes = [
  {
    name: 'keys-store',
    method: 'POST',
    path: '/api-keys',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', 'keys:seal', 'providers:call', ...once, 'audit:write'],
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
    needs: ['keys:read', 'renewal:know', 'audit:write'],
  },
  {
    name: 'keys-connect',
    method: 'POST',
    path: '/api-keys/oauth',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', 'keys:seal', 'providers:call', 'renewal:know', ...once, 'audit:write'],
  },
  {
    name: 'keys-delete',
    method: 'DELETE',
    path: '/api-keys/{key_id}',
    scope: 'keys:write',
    needs: ['keys:delete', ...once, 'audit:write'],
  },
  {
    name: 'keys-rotate',
    method: 'POST',
    path: '/api-keys/{key_id}/rotate',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', 'keys:seal', 'providers:call', ...once, 'audit:write'],
  },
  {
    name: 'keys-rollback',
    method: 'POST',
    path: '/api-keys/{key_id}/rollback',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', ...once, 'audit:write'],
  },
  {
    name: 'keys-validate',
    method: 'POST',
    path: '/api-keys/{key_id}/validate',
    scope: 'keys:write',
    needs: ['vault:use', 'keys:put', 'providers:call', ...once, 'audit:write'],
  },
  {
    name: 'keys-freeze',
    method: 'POST',
    path: '/api-keys/{key_id}/freeze',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', ...once, 'audit:write'],
  },
  {
    name: 'keys-unfreeze',
    method: 'POST',
    path: '/api-keys/{key_id}/unfreeze',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', ...once, 'audit:write'],
  },
  {
    name: 'keys-order',
    method: 'PUT',
    path: '/api-keys/order',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', ...once, 'audit:write'],
  },
  {
    name: 'keys-label',
    method: 'PUT',
    path: '/api-keys/{key_id}/label',
    scope: 'keys:write',
    needs: ['keys:read', 'keys:put', ...once, 'audit:write'],
  },
  {
    name: 'keys-receipts',
    method: 'GET',
    path: '/api-keys/{key_id}/receipts',
    scope: 'keys:read',
    needs: ['keys:read', 'audit:read', 'audit:write'],
  },
] as const satisfies readonly Route[];
