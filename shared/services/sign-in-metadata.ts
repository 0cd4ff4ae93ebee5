// Metadata that MCP clients read before they sign in. Tokens keep their issuer's own `iss`, and that one is verified: these
// documents only state where to sign in.
import type { Issuer } from '#shared/auth/issuer.ts';
import { SCOPES_OF } from '#shared/auth/scopes.ts';
import { AppError } from '#shared/core/errors.ts';

type Site = { readonly issuers: readonly Issuer[]; readonly publicUrl: string };

/** Scopes of the role `user`, with this issuer's prefix: operators and admins request the others by name. */
const scopesAt = ({ scopePrefix = '' }: { scopePrefix?: string | undefined }) =>
  SCOPES_OF.user.map((scope) => `${scopePrefix}${scope}`);

/** RFC 9728 metadata of the MCP endpoint. */
export function describeProtectedResource({ issuers, publicUrl: own }: Site) {
  return {
    resource: `${own}/mcp`,
    resource_name: 'Portunus',
    authorization_servers: [...new Set(issuers.map(({ issuer, endpoints }) => (endpoints ? own : issuer)))],
    scopes_supported: [...new Set(issuers.flatMap(scopesAt))],
    bearer_methods_supported: ['header'],
  };
}

/** An issuer whose sign-in this gateway relays for clients without a registration. */
export const relayedIssuer = (issuers: readonly Issuer[]) =>
  issuers.flatMap(({ endpoints, ...issuer }) => {
    if (endpoints?.clientId === undefined) return [];
    return [{ ...issuer, endpoints: { ...endpoints, clientId: endpoints.clientId } }];
  })[0];

export const noOwnMetadata = (): AppError =>
  new AppError('not_found', 'This service has no authorization server metadata of its own.', {
    next_step: 'Read /.well-known/oauth-protected-resource/mcp and use the metadata of the issuer it names.',
  });

/**
 * RFC 8414 metadata under our own name, for clients compare it with the address they read it from. The members that OpenID Connect
 * Discovery requires are there too: an address with a path is read in that form.
 * @throws {AppError} `not_found` where the issuers describe themselves
 */
export function describeAuthorizationServer({ issuers, publicUrl: own }: Site) {
  const described = issuers.find(({ endpoints }) => endpoints !== undefined);
  if (!described?.endpoints) throw noOwnMetadata();
  const { endpoints, jwksUri, algorithms } = described;
  return {
    issuer: own,
    ...(endpoints.clientId === undefined
      ? { authorization_endpoint: endpoints.authorize, token_endpoint: endpoints.token }
      : {
          authorization_endpoint: `${own}/authorize`,
          token_endpoint: `${own}/token`,
          registration_endpoint: `${own}/register`,
          authorization_response_iss_parameter_supported: true,
        }),
    revocation_endpoint: endpoints.revoke,
    jwks_uri: jwksUri,
    scopes_supported: ['openid', ...scopesAt(described)],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
  };
}
