// Claim checks after the signature was verified: audience, token kind, subject.
import * as z from 'zod/mini';

import type { Issuer } from './issuer.ts';
import { Role, Scope } from './scopes.ts';
import { sessionIdOf } from './session-id.ts';
import { type TokenRejection, tokenRejected } from './token-rejection.ts';
import type { TokenShape } from './token-shape.ts';

export type VerifiedToken = {
  readonly issuer: string;
  readonly subject: string;
  /** Known scopes, without the issuer's prefix. */
  readonly scopes: readonly Scope[];
  readonly roles: readonly Role[];
  readonly sessionId: string;
  readonly clientId?: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly issuedAt: number;
  /** Time of the sign-in if the issuer states it, otherwise the issue time of the token. */
  readonly signedInAt: number;
};

/** Allowed clock skew in seconds. */
export const CLOCK_TOLERANCE = 30;
export const MAX_LIFETIME = 24 * 3600;

const Name = z.string().check(z.minLength(1), z.maxLength(256));

/** Printable and in one normal form, so that two spellings cannot look like the same person. */
const Subject = Name.check(
  z.refine((sub) => /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(sub) && sub.normalize('NFC') === sub),
);

const Claims = z.object({
  sub: Subject,
  exp: z.int().check(z.positive()),
  iat: z.int().check(z.positive()),
  aud: z.optional(z.union([Name, z.array(Name).check(z.minLength(1), z.maxLength(16))])),
  jti: z.optional(Name),
  /** Claims that identify a sign-in, in OpenID Connect and Cognito. */
  sid: z.optional(Name),
  origin_jti: z.optional(Name),
  auth_time: z.optional(z.int().check(z.positive())),
  client_id: z.optional(Name),
  scope: z._default(z.string().check(z.maxLength(4096)), ''),
  token_use: z.optional(z.literal('access')),
});
type Claims = z.infer<typeof Claims>;

const REASONS: Readonly<Record<string, TokenRejection>> = {
  sub: 'token_subject',
  exp: 'token_lifetime',
  iat: 'token_lifetime',
  aud: 'token_wrong_audience',
  token_use: 'token_type',
};

function parseClaims(claims: TokenShape['claims']): Claims {
  const parsed = Claims.safeParse(claims);
  if (parsed.success) return parsed.data;
  throw tokenRejected(REASONS[String(parsed.error.issues[0]?.path[0])] ?? 'token_claims');
}

const ACCESS_TOKEN = /^(application\/)?at\+jwt$/i;
const ANY_JWT = /^jwt$/i;

/** Rejects ID tokens: only a token that states that it is an access token is accepted. */
function checkType(typ: string | undefined, tokenUse: Claims['token_use']): void {
  if (typ !== undefined && ACCESS_TOKEN.test(typ)) return;
  if (tokenUse === 'access' && (typ === undefined || ANY_JWT.test(typ))) return;
  throw tokenRejected('token_type');
}

function checkLifetime({ exp, iat }: Claims, nowSeconds: number): void {
  if (iat > nowSeconds + CLOCK_TOLERANCE) throw tokenRejected('token_not_yet_valid');
  if (exp <= iat || exp - iat > MAX_LIFETIME) throw tokenRejected('token_lifetime');
}

/**
 * Audience check: named in the token, or, for an issuer without audiences, an allowed client with a scope of the
 * product.
 */
function checkAudience({ aud, client_id: client }: Claims, issuer: Issuer, prefixedScopes: number): void {
  if (aud !== undefined) {
    if ([aud].flat().some((name) => issuer.audiences.includes(name))) return;
    throw tokenRejected('token_wrong_audience');
  }
  const ourClient = client !== undefined && issuer.clientIds?.includes(client);
  if (!ourClient || issuer.scopePrefix === undefined || prefixedScopes === 0) {
    throw tokenRejected('token_wrong_audience');
  }
}

/** Without a roles claim the role is `user`; a claim without a known role grants no role. */
function parseRoles(claim: unknown): Role[] {
  if (claim === undefined) return ['user'];
  const named = z.array(z.string()).check(z.maxLength(256)).safeParse(claim);
  if (!named.success) throw tokenRejected('token_claims');
  return Role.options.filter((role) => named.data.includes(role));
}

/** @throws {AppError} `unauthenticated` with its reason class */
export function readClaims(shape: TokenShape, issuer: Issuer, nowMs: number): VerifiedToken {
  const claims = parseClaims(shape.claims);
  checkType(shape.header.typ, claims.token_use);
  checkLifetime(claims, nowMs / 1000);
  const prefix = issuer.scopePrefix ?? '';
  const granted = claims.scope
    .split(' ')
    .filter((scope) => scope !== '' && scope.startsWith(prefix))
    .map((scope) => scope.slice(prefix.length));
  checkAudience(claims, issuer, granted.length);
  return {
    issuer: issuer.issuer,
    subject: claims.sub,
    scopes: Scope.options.filter((scope) => granted.includes(scope)),
    roles: parseRoles(shape.claims[issuer.rolesClaim]),
    sessionId: sessionIdOf({
      issuer: issuer.issuer,
      subject: claims.sub,
      signIn: claims.sid ?? claims.origin_jti,
      tokenId: claims.jti,
      issuedAt: claims.iat,
    }),
    ...(claims.client_id !== undefined && { clientId: claims.client_id }),
    expiresAt: claims.exp,
    issuedAt: claims.iat,
    // Limited to the issue time: a sign-in time in the future would survive every revocation.
    signedInAt: Math.min(claims.auth_time ?? claims.iat, claims.iat),
  };
}
