import { randomBytes } from 'node:crypto';

import { keyOrigins } from '#shared/auth/issuer.ts';
import { createRedirectPolicy, RedirectUris } from '#shared/auth/redirect-uris.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { noOwnMetadata, relayedIssuer } from '#shared/services/sign-in-metadata.ts';
import { createSignIn } from '#shared/services/sign-in.ts';

import { issuers, trustedOrigins } from './configuration.ts';

/** @throws {AppError} `not_found` where the issuers serve MCP clients themselves */
function site() {
  const issuer = relayedIssuer(issuers());
  if (!issuer) throw noOwnMetadata();
  const { endpoints, scopePrefix = '' } = issuer;
  return {
    publicUrl: env('PUBLIC_URL'),
    authorize: endpoints.authorize,
    token: endpoints.token,
    clientId: endpoints.clientId,
    scopePrefix,
    scopes: SCOPES,
    isAllowed: createRedirectPolicy(RedirectUris.parse(JSON.parse(env('REDIRECT_URIS')))),
    random: () => randomBytes(16).toString('base64url'),
  };
}

/** Needs `sign-in:relay`. */
export const signIn = /* @__PURE__ */ lazy(() => {
  const relay = site();
  const egress = lazy(async () => {
    const { createEgress } = await import('#shared/egress/egress.ts');
    const configured = [...keyOrigins(issuers()), new URL(relay.token).origin];
    return createEgress({ trustedOrigins: [...trustedOrigins(), ...configured] });
  });
  return createSignIn({ site: relay, egress });
});
