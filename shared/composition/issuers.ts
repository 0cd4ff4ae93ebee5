// Issuers: their signing keys, and the metadata of where to sign in.
import { keyOrigins } from '#shared/auth/issuer.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createFetchJwks } from '#shared/services/fetch-jwks.ts';
import { describeAuthorizationServer, describeProtectedResource } from '#shared/services/sign-in-metadata.ts';

import { issuers, trustedOrigins } from './configuration.ts';

/** Loaded by the first fetch: a start does not pay for the network stack. */
const issuerEgress = /* @__PURE__ */ lazy(async () => {
  const { createEgress } = await import('#shared/egress/egress.ts');
  return createEgress({ trustedOrigins: [...trustedOrigins(), ...keyOrigins(issuers())] });
});

/** Needs `issuers:read`. */
export const fetchJwks = /* @__PURE__ */ createFetchJwks(() => issuerEgress());

const site = () => ({ issuers: issuers(), publicUrl: env('PUBLIC_URL') });

/** Needs `issuers:read`. */
export const protectedResource = () => describeProtectedResource(site());

/** Needs `issuers:read`. */
export const authorizationServer = () => describeAuthorizationServer(site());
