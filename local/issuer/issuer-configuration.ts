// Configuration of the local issuer: public clients with PKCE, JWT access tokens for one resource, refresh rotation, revocation.
import { errors } from 'oidc-provider';

import type { IssuerKeys } from './issuer-keys.ts';
import { errorPage } from './login-page.ts';
import { ACCESS_TOKEN_SECONDS, CLI_CLIENT } from './mint-token.ts';
import { ALL_SCOPES, DEMO_USERS } from './demo-users.ts';
import { isAllowedRedirectUri, isLoopbackUri } from './redirect-uris.ts';

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

type Settings = {
  readonly publicUrl: string;
  readonly keys: IssuerKeys;
  /** Replaces the network for client-ID metadata documents. */
  readonly fetch?: typeof fetch | undefined;
};

export function configurationFor({ publicUrl, keys, fetch }: Settings): object {
  const resource = `${publicUrl}/mcp`;
  return {
    clients: clientsFor(publicUrl),
    jwks: { keys: [keys.signing] },
    ...(fetch && { fetch }),
    cookies: { keys: keys.cookies },
    scopes: ['openid', 'offline_access', ...ALL_SCOPES],
    pkce: { required: () => true },
    responseTypes: ['code'],
    findAccount: (_context: unknown, sub: string) => findDemoAccount(sub),
    extraTokenClaims: extraTokenClaims,
    issueRefreshToken: (_context: unknown, client: { grantTypeAllowed: (type: string) => boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    clientBasedCORS: (_context: unknown, origin: string) => origin === publicUrl || isLoopbackUri(origin),
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
    features: featuresFor(resource),
  };
}

function featuresFor(resource: string): object {
  return {
    devInteractions: { enabled: false },
    registration: { enabled: true, issueRegistrationAccessToken: false },
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      // The package connects to no special-use address, follows no redirect and limits size and time of the fetch.
      allowFetch: (_context: unknown, clientId: string) => isPublicName(clientId),
      allowClient: (_context: unknown, { redirectUris }: { redirectUris: readonly string[] }) =>
        redirectUris.length > 0 && redirectUris.every(isAllowedRedirectUri),
    },
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

/** A client id whose host is a name outside this machine and its network, on the default port. */
function isPublicName(clientId: string): boolean {
  const { hostname, port } = new URL(clientId);
  const isAddress = /^\[|^[\d.]+$/.test(hostname);
  return (
    port === '' && !isAddress && hostname.includes('.') && !/\.(local|internal|localhost)$/.test(hostname)
  );
}
