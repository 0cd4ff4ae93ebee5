// Sign-in at an issuer that registers no clients and compares redirect URIs character by character, ports included (Cognito): one
// client of ours there, with one redirect URI, for every MCP client here. Nothing is stored: the state travels in the
// authorization request, and the proof that a browser passed our page in a cookie. See
// docs/decisions/2026-11-28-sign-in-relay.md.
import { createHash } from 'node:crypto';

import * as z from 'zod/mini';

import { oauthError, type OAuthErrorCode } from './oauth-error.ts';
import type { IsAllowedRedirectUri } from './redirect-uris.ts';

export type RelaySite = {
  /** This gateway, without a slash at the end. */
  readonly publicUrl: string;
  /** The issuer's own authorization endpoint. */
  readonly authorize: string;
  readonly clientId: string;
  readonly scopePrefix: string;
  /** Scopes of ours, without the prefix. */
  readonly scopes: readonly string[];
  readonly isAllowed: IsAllowedRedirectUri;
  /** Unpredictable text, at least 128 bits. */
  readonly random: () => string;
};

/** The one redirect URI that the issuer knows. */
export const callbackUrl = ({ publicUrl }: Pick<RelaySite, 'publicUrl'>): string =>
  `${publicUrl}/authorize/callback`;

const ClientMetadata = z.looseObject({
  redirect_uris: z.array(z.string().check(z.maxLength(2048))).check(z.minLength(1), z.maxLength(20)),
  client_name: z.optional(z.string()),
});

/**
 * RFC 7591: the registration of every client is that of our one client, for its own redirect URIs.
 * @throws {AppError} with `oauth_error`
 */
export function registerClient({ clientId, isAllowed }: RelaySite, metadata: unknown): object {
  const parsed = ClientMetadata.safeParse(metadata);
  if (!parsed.success) {
    throw oauthError(
      'invalid_client_metadata',
      'The registration has no list of redirect_uris.',
      'Send a JSON object with redirect_uris: 1 to 20 texts.',
    );
  }
  const { redirect_uris, client_name } = parsed.data;
  const wrong = redirect_uris.findIndex((uri) => !isAllowed(uri));
  if (wrong !== -1) throw redirectUriRejected(`redirect_uris.${wrong}`);
  return {
    client_id: clientId,
    redirect_uris,
    ...(client_name !== undefined && { client_name: client_name.slice(0, 100).toWellFormed() }),
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

const redirectUriRejected = (field: string) =>
  oauthError(
    'invalid_redirect_uri',
    `${field} is not an allowed redirect URI: it is compared character by character.`,
    'Use http://127.0.0.1, http://[::1] or http://localhost with any port, or let the operator add the URI to the parameter RedirectUris.',
  );

/** One parameter of a query or a form; a repeated one has no value. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** A page that names the client and leads to the issuer, or a redirect that tells the client what is wrong. */
export type Authorization =
  | { readonly kind: 'page'; readonly client: string; readonly next: string; readonly cookie: string }
  | { readonly kind: 'redirect'; readonly to: string };

const MAX_STATE = 2048;

/** @throws {AppError} with `oauth_error` where the client or its redirect URI is wrong: then there is nowhere to redirect to */
export function authorizeAt(site: RelaySite, query: Parameters): Authorization {
  if (query['client_id'] !== site.clientId) {
    throw oauthError(
      'invalid_client',
      'client_id is not the registered client.',
      'Register with POST /register and use the client_id of its response.',
    );
  }
  const redirectUri = query['redirect_uri'] ?? '';
  if (!site.isAllowed(redirectUri)) throw redirectUriRejected('redirect_uri');
  const fault = faultOf(site, query);
  if (fault !== undefined) {
    const [error, error_description] = fault;
    return {
      kind: 'redirect',
      to: answer(site, redirectUri, { error, error_description, state: query['state'] }),
    };
  }
  const state = encodeState({ redirectUri, state: query['state'], nonce: site.random() });
  const next = withQuery(site.authorize, {
    response_type: 'code',
    client_id: site.clientId,
    redirect_uri: callbackUrl(site),
    state,
    code_challenge: query['code_challenge'],
    code_challenge_method: 'S256',
    resource: `${site.publicUrl}/mcp`,
    scope: ['openid', ...scopesIn(site, query['scope']).map((scope) => `${site.scopePrefix}${scope}`)].join(
      ' ',
    ),
    // Otherwise the cookie of Cognito's login page signs in for an hour without a password.
    ...(query['prompt'] === 'login' && { prompt: 'login' }),
  });
  return { kind: 'page', client: redirectUri, next, cookie: cookieName(state) };
}

type Fault = readonly [error: OAuthErrorCode, description: string];

const CHALLENGE = /^[\w-]{43,128}$/;

function faultOf(site: RelaySite, query: Parameters): Fault | undefined {
  const { code_challenge = '', state = '' } = query;
  const hasChallenge = CHALLENGE.test(code_challenge) && query['code_challenge_method'] === 'S256';
  const faults: readonly (readonly [is: boolean, ...Fault])[] = [
    [query['response_type'] !== 'code', 'unsupported_response_type', 'response_type must be code.'],
    [!hasChallenge, 'invalid_request', 'PKCE is required: code_challenge with code_challenge_method=S256.'],
    [state.length > MAX_STATE, 'invalid_request', `state exceeds ${MAX_STATE} characters.`],
    [!isOwnResource(site, query['resource']), 'invalid_target', `resource must be ${site.publicUrl}/mcp.`],
    [scopesIn(site, query['scope']).length === 0, 'invalid_scope', 'scope names none of scopes_supported.'],
  ];
  const [, ...fault] = faults.find(([is]) => is) ?? [];
  return fault.length === 2 ? fault : undefined;
}

/** Some clients name the origin, or end the address with a slash. */
const isOwnResource = ({ publicUrl }: RelaySite, resource?: string): boolean =>
  resource === undefined || [`${publicUrl}/mcp`, publicUrl].includes(resource.replace(/\/$/, ''));

const OPENID_SCOPES: ReadonlySet<string> = new Set(['', 'openid', 'offline_access', 'profile', 'email']);

/**
 * The requested scopes of ours, with or without the issuer's prefix; all for a request that names none, of which the role then
 * allows its own. The issuer rejects a request with a scope that it does not know: those are left out.
 */
function scopesIn({ scopes, scopePrefix }: RelaySite, requested = ''): readonly string[] {
  const names = requested.split(' ').filter((name) => !OPENID_SCOPES.has(name));
  if (names.length === 0) return scopes;
  return scopes.filter((scope) => names.includes(scope) || names.includes(`${scopePrefix}${scope}`));
}

/**
 * The issuer's answer, passed on to the client.
 * @param hasCookie whether the browser holds the cookie of this name: only one that showed our page for this state does
 * @throws {AppError} with `oauth_error` for a state that is not ours or another browser's
 */
export function passBack(
  site: RelaySite,
  query: Parameters,
  hasCookie: (name: string) => boolean,
): { readonly to: string; readonly cookie: string } {
  const text = query['state'] ?? '';
  const sent = decodeState(text);
  // Checked again: the list may have changed since, and the state is the browser's to change.
  if (!sent || !site.isAllowed(sent.redirectUri) || !hasCookie(cookieName(text))) {
    throw oauthError(
      'invalid_request',
      'This sign-in was not started in this browser, or it took longer than ten minutes.',
      'Start again from your client.',
    );
  }
  const { code, error, error_description } = query;
  const result =
    code === undefined
      ? { error: error ?? 'server_error', error_description: error_description?.slice(0, 300) }
      : { code };
  return { to: answer(site, sent.redirectUri, { ...result, state: sent.state }), cookie: cookieName(text) };
}

/** RFC 9207: `iss` is ours, as the metadata that the client has read. */
const answer = ({ publicUrl }: RelaySite, redirectUri: string, parameters: Parameters): string =>
  withQuery(redirectUri, { ...parameters, iss: publicUrl });

function withQuery(url: string, parameters: Parameters): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`;
}

const State = z.tuple([z.string(), z.string(), z.nullable(z.string())]);
type State = { readonly nonce: string; readonly redirectUri: string; readonly state: string | undefined };

const encodeState = ({ nonce, redirectUri, state }: State): string =>
  Buffer.from(JSON.stringify([nonce, redirectUri, state ?? null])).toString('base64url');

function decodeState(text: string): State | undefined {
  try {
    const [nonce, redirectUri, state] = State.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { nonce, redirectUri, state: state ?? undefined };
  } catch {
    return undefined;
  }
}

/** One cookie for each sign-in: several may be under way in one browser. The prefix keeps other hosts and plain http out. */
const cookieName = (state: string): string =>
  `__Host-sign-in-${createHash('sha256').update(state).digest('base64url')}`;
