// The route table of the API: one row = one method and path, one file in this folder, one Lambda, one role.
// Data only: the CDK app, the bundle script and the tests read it.
import type { Scope } from '#shared/auth/scopes.ts';

import type { Need } from './needs.ts';

/**
 * `public`: without a caller. `read`: changes nothing. `write`: changes something, so a request with an idempotency key is executed
 * once. `call`: calls tools, which are recorded and, where the protocol has such keys, executed once by the invoke path.
 */
export type RouteKind = 'public' | 'read' | 'write' | 'call';

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'ANY';

type RouteAlias = { readonly method: Method; readonly path: `/${string}` };

type Options = {
  /** Further methods and paths of the same function. */
  readonly aliases?: readonly RouteAlias[];
  /** Answers through Lambda response streaming. */
  readonly streaming?: true;
  /** Default 10. */
  readonly timeoutSeconds?: number;
  /** Largest accepted body, default 256. */
  readonly bodyLimitKiB?: number;
  /** Rate of this route alone, below that of the stage: a flood of it leaves the others their share. */
  readonly throttle?: { readonly perSecond: number; readonly burst: number };
};

type Base<Name extends string> = Options & {
  /** File in this folder, construct id, Lambda name suffix and log service: one name everywhere. */
  readonly name: Name;
  readonly method: Method;
  readonly path: `/${string}`;
  /** Everything the function's role is made of, including what its kind implies. */
  readonly needs: readonly Need[];
};
type PublicRoute<Name extends string = string> = Base<Name> & { readonly kind: 'public' };
type ScopedKind = Exclude<RouteKind, 'public'>;
export type ScopedRoute<Name extends string = string, Kind extends ScopedKind = ScopedKind> = Base<Name> & {
  readonly kind: Kind;
  readonly scope: Scope;
};
export type Route = PublicRoute | ScopedRoute;

/** The session check and the audit record of every route with a caller, and the idempotency of writes. */
const IMPLIED: Readonly<Record<ScopedKind, readonly Need[]>> = {
  read: ['sessions:check', 'audit:write'],
  write: ['sessions:check', 'audit:write', 'idempotency:use'],
  call: ['sessions:check', 'audit:write'],
};

type At = `${Method} /${string}`;

function alias(at: At): RouteAlias {
  const [method, path] = at.split(' ') as [Method, `/${string}`];
  return { method, path };
}

const open = <Name extends string>(
  name: Name,
  at: At,
  ...[needs, options = {}]: [needs: readonly Need[], options?: Options]
): PublicRoute<Name> => ({
  name,
  ...alias(at),
  ...options,
  kind: 'public',
  needs,
});

const scoped =
  <Kind extends ScopedKind>(kind: Kind) =>
  <Name extends string>(
    name: Name,
    at: At,
    ...[scope, needs, options = {}]: [scope: Scope, needs: readonly Need[], options?: Options]
  ): ScopedRoute<Name, Kind> => ({
    name,
    ...alias(at),
    ...options,
    kind,
    scope,
    needs: [...needs, ...IMPLIED[kind]],
  });

const read = scoped('read');
const write = scoped('write');
const call = scoped('call');

/** Seals a key that its provider was asked about. */
const storeKey = ['keys:read', 'keys:put', 'keys:seal', 'providers:call', 'cache:invalidate'] as const;

/** Changes the state of a stored key. */
const changeKey = ['keys:read', 'keys:put', 'cache:invalidate'] as const;

/** Calls a provider with a stored key; renews the key, or marks it, if the provider rejects it. */
const useKey = [
  'vault:use',
  'providers:call',
  'keys:put',
  'keys:seal',
  'renewal-endpoints:read',
  'leases:acquire',
  'notices:raise',
] as const;

/** Finds registered tools, calls their upstreams, and quarantines a tool that has changed. */
const registered = ['tools:find', 'tools:put', 'tools:reach'] as const;

/** Admission of calls that cost money. */
const admission = ['rates:admit', 'budgets:reserve'] as const;

/** Todos, registered tools and providers, admitted and executed once: the invoke path. */
const callTools: readonly Need[] = [
  'breakers:use',
  'todo:read',
  'todo:write',
  ...registered,
  'preferences:read',
  ...useKey,
  ...admission,
  'budgets:read',
  'idempotency:use',
  'cache:use',
];

const connectKey: readonly Need[] = [...storeKey, 'renewal-endpoints:read', 'tools:reach'];
const validateKey: readonly Need[] = ['vault:use', 'keys:put', 'providers:call'];
const countTokens: readonly Need[] = [
  'breakers:use',
  'preferences:read',
  ...useKey,
  ...admission,
  'idempotency:use',
];
const callModels: readonly Need[] = [...countTokens, 'cache:use'];

const eraseAccount: readonly Need[] = ['keys:read', 'keys:delete', 'account:erase', 'sessions:end'];

const MCP: Options = { streaming: true, timeoutSeconds: 60, bodyLimitKiB: 1024 };
const COMPLETIONS: Options = { streaming: true, timeoutSeconds: 300, bodyLimitKiB: 4096 };
const EMBEDDINGS: Options = { ...COMPLETIONS, timeoutSeconds: 60 };
const LONG: Options = { timeoutSeconds: 29 };
const REGISTER: Options = { timeoutSeconds: 29, bodyLimitKiB: 2048 };

/** Freezes a stored key, or revokes a personal access token, that was found where it does not belong. */
export const CONTAIN_LEAKS = [
  'exposure:find',
  'keys:read',
  'keys:put',
  'personal-tokens:resolve',
  'personal-tokens:revoke',
  'cache:invalidate',
  'notices:raise',
  'audit:write',
] as const satisfies readonly Need[];

/** Sent by a scanner of public code, at most some a second. */
const LEAK_REPORT: Options = { timeoutSeconds: 29, throttle: { perSecond: 5, burst: 20 } };

const RESOURCE = '/.well-known/oauth-protected-resource';
const SERVER = '/.well-known/oauth-authorization-server';
const RESOURCE_ALIASES: Options = {
  aliases: [alias(`HEAD ${RESOURCE}/mcp`), alias(`GET ${RESOURCE}`), alias(`HEAD ${RESOURCE}`)],
};
const OPENID = '/.well-known/openid-configuration';
const SERVER_ALIASES: Options = {
  aliases: [alias(`HEAD ${SERVER}`), alias(`GET ${OPENID}`), alias(`HEAD ${OPENID}`)],
};
/** Called by anybody, and rarely by each. */
const OAUTH: Options = { bodyLimitKiB: 16, throttle: { perSecond: 10, burst: 50 } };

export const routes = [
  open('health', 'GET /health', []),
  open('openapi', 'GET /openapi.json', ['public-url:read']),
  open('metadata-protected-resource', `GET ${RESOURCE}/mcp`, ['issuers:read'], RESOURCE_ALIASES),
  open('metadata-authorization-server', `GET ${SERVER}`, ['issuers:read'], SERVER_ALIASES),
  open('oauth-register', 'POST /register', ['sign-in:relay'], OAUTH),
  open('oauth-authorize', 'GET /authorize', ['sign-in:relay'], OAUTH),
  open('oauth-callback', 'GET /authorize/callback', ['sign-in:relay'], OAUTH),
  open('oauth-token', 'POST /token', ['sign-in:relay'], OAUTH),
  open('leak-reports', 'POST /leak-reports', [...CONTAIN_LEAKS, 'leak-reports:verify'], LEAK_REPORT),

  // Protocols of other vendors, for their clients.
  call('mcp', 'ANY /mcp', 'tools:call', [...callTools, 'issuers:read'], MCP),
  call('completions', 'POST /v1/chat/completions', 'ai:use', callModels, COMPLETIONS),
  call('embeddings', 'POST /v1/embeddings', 'ai:use', callModels, EMBEDDINGS),
  call('responses', 'POST /v1/responses', 'ai:use', callModels, COMPLETIONS),
  call('messages', 'POST /v1/messages', 'ai:use', callModels, COMPLETIONS),
  call('messages-count', 'POST /v1/messages/count_tokens', 'ai:use', countTokens, EMBEDDINGS),
  read('models-list', 'GET /v1/models', 'ai:use', ['keys:read']),
  read('models-read', 'GET /v1/models/{id+}', 'ai:use', ['keys:read']),

  write('keys-store', 'POST /api-keys', 'keys:write', [...storeKey, 'notices:raise']),
  read('keys-list', 'GET /api-keys', 'keys:read', ['keys:read']),
  read('keys-providers', 'GET /api-keys/providers', 'keys:read', ['keys:read', 'renewal-endpoints:read']),
  write('keys-connect', 'POST /api-keys/oauth', 'keys:write', connectKey),
  write('keys-delete', 'DELETE /api-keys/{key_id}', 'keys:write', ['keys:delete', 'cache:invalidate']),
  write('keys-rotate', 'POST /api-keys/{key_id}/rotate', 'keys:write', storeKey),
  write('keys-rollback', 'POST /api-keys/{key_id}/rollback', 'keys:write', changeKey),
  write('keys-validate', 'POST /api-keys/{key_id}/validate', 'keys:write', validateKey),
  write('keys-freeze', 'POST /api-keys/{key_id}/freeze', 'keys:write', changeKey),
  write('keys-unfreeze', 'POST /api-keys/{key_id}/unfreeze', 'keys:write', changeKey),
  write('keys-order', 'PUT /api-keys/order', 'keys:write', changeKey),
  write('keys-label', 'PUT /api-keys/{key_id}/label', 'keys:write', changeKey),
  read('keys-receipts', 'GET /api-keys/{key_id}/receipts', 'keys:read', ['keys:read', 'audit:read']),

  call('tools-invoke', 'POST /mcp/tools/invoke', 'tools:call', callTools, LONG),
  read('tools-list', 'GET /mcp/tools', 'tools:read', ['keys:read', 'tools:find']),
  write(
    'tools-register',
    'POST /mcp/tools',
    'tools:write',
    [...registered, 'tools:delete', ...useKey],
    REGISTER,
  ),
  read('tools-read', 'GET /mcp/tools/{name}', 'tools:read', ['tools:find']),
  write('tools-review', 'POST /mcp/tools/{name}/review', 'tools:write', ['tools:find', 'tools:put']),
  write('tools-delete', 'DELETE /mcp/tools/{name}', 'tools:write', ['tools:find', 'tools:delete']),

  read('limits-read', 'GET /limits', 'ops:write', ['limits:read']),
  write('limits-change', 'PUT /limits', 'admin:write', ['limits:write']),
  read('usage-read', 'GET /usage', 'usage:read', ['budgets:read']),
  read('usage-history', 'GET /usage/history', 'usage:read', ['usage:history', 'audit:read']),
  read('notices-list', 'GET /notices', 'usage:read', ['notices:read']),
  write('notices-read', 'POST /notices/{id}/read', 'account:write', ['notices:mark']),
  read('sessions-list', 'GET /sessions', 'usage:read', ['sessions:list']),
  write('sessions-revoke', 'DELETE /sessions/{session_id}', 'account:write', ['sessions:end']),
  write('sessions-revoke-all', 'POST /sessions/revoke-all', 'account:write', ['sessions:end']),
  write('tokens-create', 'POST /tokens', 'account:write', ['personal-tokens:create']),
  read('tokens-list', 'GET /tokens', 'usage:read', ['personal-tokens:list', 'sessions:list']),
  write('tokens-revoke', 'DELETE /tokens/{token_id}', 'account:write', ['personal-tokens:revoke']),
  write('admin-sessions-revoke', 'POST /admin/sessions/revoke', 'admin:write', ['sessions:end']),
  read('preferences-read', 'GET /preferences', 'usage:read', ['preferences:read']),
  write('preferences-write', 'PUT /preferences', 'account:write', [
    'preferences:read',
    'preferences:write',
    'cache:invalidate',
  ]),
  write('account-erase', 'DELETE /account', 'account:write', eraseAccount, LONG),
  write('cache-invalidate', 'POST /cache/invalidate', 'ops:write', ['cache:invalidate-all']),
  read('reports-list', 'GET /audit/reports', 'audit:read', ['reports:read']),
  read('reports-read', 'GET /audit/reports/{date}', 'audit:read', ['reports:read']),
  write('feedback-give', 'POST /feedback', 'account:write', ['feedback:give']),
  read('audit-logs', 'GET /audit/logs', 'audit:read', ['audit:read', 'audit:read-all']),
  read('audit-verification', 'GET /audit/verification', 'audit:read', ['audit:status']),
];

type Row = (typeof routes)[number];

/** Names of the routes of some kinds. */
export type RouteName<Kind extends RouteKind = RouteKind> = Extract<Row, { readonly kind: Kind }>['name'];
