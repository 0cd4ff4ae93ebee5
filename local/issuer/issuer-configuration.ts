// Configuration of the local issuer: public clients with PKCE, JWT access tokens for one resource, refresh rotation, revocation.
import { errors } from 'oidc-provider';

import type { IssuerKeys } from './issuer-keys.ts';
import { errorPage } from './login-page.ts';
import { ACCESS_TOKEN_SECONDS, CLI_CLIENT } from './mint-token.ts';
import { ALL_SCOPES, DEMO_USERS } from './demo-users.ts';

/** Callback paths of MCP clients and command lines. Any port is accepted (RFC 8252 §7.3). */
const LOOPBACK_PATHS = ['/', '/callback', '/oauth/callback', '/cb'];
const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost'];
const WEB_CLIENT = 'portunus-web';
const WEB_DEV_ORIGIN = 'http://localhost:5173';

type SignIn = { readonly authTime?: number };
type TokenContext = { oidc: { entities: { AuthorizationCode?: SignIn; RefreshToken?: SignIn } } };
type OAuthError = { error: string; error_description?: string };

const HOUR = 3600;
const DAY = 24 * HOUR;

export function configurationFor({ publicUrl, keys }: { publicUrl: string; keys: IssuerKeys }): object {
  const resource = `${publicUrl}/mcp`;
  return {
    clients: clientsFor(publicUrl),
    jwks: { keys: [keys.signing] },
    cookies: { keys: keys.cookies },
    scopes: ['openid', 'offline_access', ...ALL_SCOPES],
    pkce: { required: () => true },
    responseTypes: ['code'],
    findAccount: (_context: unknown, sub: string) => findDemoAccount(sub),
    extraTokenClaims: extraTokenClaims,
    issueRefreshToken: (_context: unknown, client: { grantTypeAllowed: (type: string) => boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    clientBasedCORS: (_context: unknown, origin: string) => origin === publicUrl || isLoopback(origin),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/login/${uid}` },
    renderError(context: { type: string; body: string }, { error, error_description: why = '' }: OAuthError) {
      context.type = 'html';
      context.body = errorPage(error, why);
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      Grant: 14 * DAY,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: 14 * DAY,
      Session: DAY,
    },
    features: {
      devInteractions: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_context: unknown, client: { clientId: string }, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo(_context: unknown, asked: string) {
          if (asked !== resource) throw new errors.InvalidTarget();
          return {
            scope: ALL_SCOPES.join(' '),
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
  };
}

function clientsFor(publicUrl: string): object[] {
  const common = {
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
  return [
    {
      ...common,
      client_id: CLI_CLIENT,
      client_name: 'Command lines and MCP clients on this machine',
      application_type: 'native',
      redirect_uris: LOOPBACK_HOSTS.flatMap((host) => LOOPBACK_PATHS.map((path) => `http://${host}${path}`)),
    },
    {
      ...common,
      client_id: WEB_CLIENT,
      client_name: 'Portunus console',
      application_type: 'web',
      redirect_uris: [`${publicUrl}/callback`, `${WEB_DEV_ORIGIN}/callback`],
    },
  ];
}

function extraTokenClaims(context: TokenContext, token: { accountId?: string; grantId?: string }): object {
  const { AuthorizationCode, RefreshToken } = context.oidc.entities;
  return {
    roles: demoUserRoles(token.accountId),
    sid: token.grantId, // one sign-in of one client, through all its refreshes
    auth_time: (AuthorizationCode ?? RefreshToken)?.authTime,
  };
}

const demoUserRoles = (sub: string | undefined) =>
  DEMO_USERS.filter((user) => user.sub === sub).map(({ role }) => role);

function findDemoAccount(sub: string) {
  if (!DEMO_USERS.some((user) => user.sub === sub)) return undefined;
  return { accountId: sub, claims: () => ({ sub, roles: demoUserRoles(sub) }) };
}

function isLoopback(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'http:' && LOOPBACK_HOSTS.includes(hostname);
}
