// A certified OpenID provider on loopback, in place of Cognito or an external issuer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import Provider from 'oidc-provider';

import { listen } from '#local/listen.ts';

import { createRegistration, REGISTRATION_PATH } from './client-registration.ts';
import { answerAsCognito, COGNITO_SCOPES, cognitoConfiguration, cognitoTrust } from './cognito-mode.ts';
import { ALL_SCOPES, type Role, scopesForRoles } from './demo-users.ts';
import { configurationFor } from './issuer-configuration.ts';
import { openKeys } from './issuer-keys.ts';
import { createLogin } from './login-handler.ts';
import { createMint, type Mint } from './mint-token.ts';

export type Issuer = {
  /** The `iss` of its tokens; owners' ids derive from it, so it must not change while there is data. */
  readonly url: string;
  readonly jwksUrl: string;
  readonly audience: string;
  /** Its entry in the template parameter `Issuers`. */
  readonly trust: object;
  readonly mint: Mint;
  readonly stop: () => Promise<void>;
};

export type IssuerOptions = {
  readonly folder: string;
  readonly port: number;
  /** URL of the API that the tokens are for. */
  readonly publicUrl: string;
  /** Replaces the network for client-ID metadata documents. */
  readonly fetch?: typeof fetch;
  /** With the limits of a Cognito user pool. */
  readonly asCognito?: boolean;
};

export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const { folder, port, publicUrl, fetch, asCognito = false } = options;
  const keys = await openKeys(join(folder, 'issuer'));
  const url = `http://127.0.0.1:${port}`;
  const audience = `${publicUrl}/mcp`;
  const base = configurationFor({ publicUrl, keys, fetch });
  const configuration = asCognito ? cognitoConfiguration(base, publicUrl) : base;
  const provider = quietly(() => new Provider(url, configuration));
  const answer = provider.callback();
  const scopesOf = (role: Role) => (asCognito ? COGNITO_SCOPES : scopesForRoles([role]));
  const login = createLogin({ provider, resource: audience, scopesOf });
  const register = createRegistration(answer);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/login/')) return login({ request, response });
    if (asCognito) return answerAsCognito(url, request, response) ? undefined : answer(request, response);
    if (request.url === REGISTRATION_PATH) return register(request, response);
    request.url = withDefaultScope(request.url ?? '/');
    return answer(request, response);
  }
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const listening = await listen(server, port);

  const own = { issuer: url, jwksUri: `${url}/jwks`, audiences: [audience] };
  return {
    url,
    jwksUrl: own.jwksUri,
    audience,
    trust: asCognito
      ? cognitoTrust({ url, publicUrl })
      : { ...own, algorithms: ['RS256'], rolesClaim: 'roles' },
    mint: createMint({ issuer: url, audience, keys }),
    stop: listening.close,
  };
}

/** An authorization request without `scope` asks for all scopes; the login grants those of the user's role (RFC 6749 §3.3). */
function withDefaultScope(path: string): string {
  const url = new URL(path, 'http://issuer');
  if (url.pathname !== '/auth' || (url.searchParams.get('scope') ?? '') !== '') return path;
  url.searchParams.set('scope', ALL_SCOPES.join(' '));
  return `${url.pathname}${url.search}`;
}

/** Suppresses the package's advice for production (adapters, https), which does not apply on loopback. */
function quietly<T>(work: () => T): T {
  const { info, warn } = console;
  Object.assign(console, { info: () => undefined, warn: () => undefined });
  try {
    return work();
  } finally {
    Object.assign(console, { info, warn });
  }
}
