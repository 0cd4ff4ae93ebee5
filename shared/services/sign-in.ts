// Sign-in at an issuer that MCP clients cannot use by themselves. Needs `sign-in:relay`.
import { randomBytes } from 'node:crypto';

import { keyOrigins } from '#shared/auth/issuer.ts';
import { createRedirectPolicy, RedirectUris } from '#shared/auth/redirect-uris.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import {
  authorizeAt,
  oauthError,
  type Parameters,
  passBack,
  registerClient,
  type RelaySite,
  tokenRequest,
  tokenResponse,
} from '#shared/auth/sign-in-relay.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';

import { issuers } from './issuers.ts';
import { noOwnMetadata, relayed } from './protected-resource.ts';

const DEADLINE_MS = 8000;

/** @throws {AppError} `not_found` where the issuers serve MCP clients themselves */
const relay = lazy((): RelaySite & { readonly token: string } => {
  const issuer = relayed();
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
});

export const register = (metadata: unknown) => registerClient(relay(), metadata);
export const authorize = (query: Parameters) => authorizeAt(relay(), query);
export const callback = (query: Parameters, hasCookie: (name: string) => boolean) =>
  passBack(relay(), query, hasCookie);

/** The network stack is loaded by the first exchange, not by the start. */
const egress = lazy(async () => {
  const { egressTo } = await import('./egress.ts');
  return egressTo([...keyOrigins(issuers()), new URL(relay().token).origin]);
});

/** @throws {AppError} with `oauth_error` */
export async function exchange(form: Parameters): Promise<object> {
  const body = new URLSearchParams(tokenRequest(relay(), form)).toString();
  const { send } = await egress();
  const response = await send({
    url: relay().token,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body,
    deadlineMs: DEADLINE_MS,
  }).catch((error: unknown) => {
    if (error instanceof AppError) throw oauthError('temporarily_unavailable', 'The issuer is unreachable.');
    throw error;
  });
  return tokenResponse(response.status, parsed(response.body));
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
