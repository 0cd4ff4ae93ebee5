// The local issuer with the limits of a Cognito user pool: no registration, no client-ID documents, redirect URIs compared
// character by character, metadata in the OpenID Connect form alone and without PKCE, prefixed scopes, groups instead of roles.
// Sources: docs.aws.amazon.com/cognito, "The redirect and authorization endpoint", "Resource binding", "CreateUserPoolClient".
import type { IncomingMessage, ServerResponse } from 'node:http';

import { errors } from 'oidc-provider';

import { ALL_SCOPES, DEMO_USERS } from './demo-users.ts';
import { ACCESS_TOKEN_SECONDS } from './mint-token.ts';

const SCOPE_PREFIX = 'portunus/';
const COGNITO_CLIENT = '1h57kf5cpq17m0eml12EXAMPLE';
export const COGNITO_SCOPES: readonly string[] = ALL_SCOPES.map((scope) => `${SCOPE_PREFIX}${scope}`);

const KNOWN_SCOPES: ReadonlySet<string> = new Set(['openid', ...COGNITO_SCOPES]);
/** The audience of a request without `resource`: a pool's token then has none, which the package cannot issue. */
const NO_RESOURCE = 'https://no-resource.invalid';

const ROUTES = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  revocation: '/oauth2/revoke',
  jwks: '/.well-known/jwks.json',
  userinfo: '/oauth2/userInfo',
};

/** @param base configuration of the local issuer as it is otherwise */
export function cognitoConfiguration(base: object, publicUrl: string): object {
  return {
    ...base,
    clients: [
      {
        client_id: COGNITO_CLIENT,
        application_type: 'web', // the type whose ports are compared
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [`${publicUrl}/authorize/callback`],
      },
    ],
    scopes: [...KNOWN_SCOPES],
    pkce: { required: () => false },
    clientBasedCORS: () => false,
    routes: ROUTES,
    extraTokenClaims: (
      _context: unknown,
      { accountId, grantId }: { accountId?: string; grantId?: string },
    ) => ({
      'cognito:groups': DEMO_USERS.filter(({ sub }) => sub === accountId).map(({ role }) => role),
      origin_jti: grantId,
      token_use: 'access',
      username: accountId,
    }),
    formats: { customizers: { jwt: inCognitoShape } },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => NO_RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) => resourceServer(resource),
      },
    },
  };
}

/** A pool's tokens have no `typ`. */
function inCognitoShape(_context: unknown, _token: unknown, jwt: { header?: object }): void {
  jwt.header = { typ: undefined };
}

/** Any URL, of these forms: Cognito knows no list of resources. */
function resourceServer(resource: string): object {
  if (!/^(https:\/\/|http:\/\/localhost|(?!https?:)[a-z][a-z0-9+.-]*:\/\/)/.test(resource)) {
    throw new errors.InvalidTarget();
  }
  return {
    scope: COGNITO_SCOPES.join(' '),
    audience: resource,
    accessTokenFormat: 'jwt',
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    jwt: { sign: { alg: 'RS256' } },
  };
}

/** Serves what differs from the local issuer before a request is routed. @returns whether the request was answered */
export function answerAsCognito(url: string, request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '/', url);
  if (pathname === '/.well-known/oauth-authorization-server') {
    response.writeHead(404).end();
    return true;
  }
  if (pathname === '/.well-known/openid-configuration') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadataOf(url)));
    return true;
  }
  if (pathname !== ROUTES.authorization) return false;
  const scopes = searchParams.get('scope')?.split(' ') ?? [];
  if (scopes.every((scope) => KNOWN_SCOPES.has(scope))) return false;
  const target = new URL(searchParams.get('redirect_uri') ?? url);
  target.search = new URLSearchParams({
    error: 'invalid_request',
    error_description: 'invalid_scope',
    state: searchParams.get('state') ?? '',
  }).toString();
  response.writeHead(302, { location: target.href }).end();
  return true;
}

/** The members of a pool's own document. */
const metadataOf = (url: string) => ({
  authorization_endpoint: `${url}${ROUTES.authorization}`,
  id_token_signing_alg_values_supported: ['RS256'],
  issuer: url,
  jwks_uri: `${url}${ROUTES.jwks}`,
  response_types_supported: ['code', 'token'],
  revocation_endpoint: `${url}${ROUTES.revocation}`,
  scopes_supported: ['openid', 'email', 'phone', 'profile'],
  subject_types_supported: ['public'],
  token_endpoint: `${url}${ROUTES.token}`,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  userinfo_endpoint: `${url}${ROUTES.userinfo}`,
});

/** The issuer as a stage's settings describe a pool. */
export const cognitoTrust = ({ url, publicUrl }: { url: string; publicUrl: string }) => ({
  issuer: url,
  jwksUri: `${url}${ROUTES.jwks}`,
  audiences: [`${publicUrl}/mcp`],
  algorithms: ['RS256'],
  rolesClaim: 'cognito:groups',
  clientIds: [COGNITO_CLIENT],
  scopePrefix: SCOPE_PREFIX,
  endpoints: {
    authorize: `${url}${ROUTES.authorization}`,
    token: `${url}${ROUTES.token}`,
    revoke: `${url}${ROUTES.revocation}`,
    clientId: COGNITO_CLIENT,
  },
});
