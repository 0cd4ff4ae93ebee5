// Whom we believe, and how their tokens look: the stage's configuration.
import * as z from 'zod/mini';

/** Asymmetric only: a shared secret would let whoever verifies also issue. */
const Algorithm = z.enum(['RS256', 'ES256', 'PS256', 'EdDSA']);

const Name = z.string().check(z.minLength(1), z.maxLength(256));
const Url = z.string().check(z.minLength(1), z.maxLength(512));

export const Issuer = z.strictObject({
  /** Compared with `iss` character by character. */
  issuer: Url,
  /** The only address keys are read from; a token cannot name another. */
  jwksUri: z.url(),
  audiences: z.array(Url).check(z.minLength(1)),
  algorithms: z.array(Algorithm).check(z.minLength(1)),
  rolesClaim: Name,
  /** Clients whose tokens may lack an audience, if they hold a scope with our prefix. */
  clientIds: z.optional(z.array(Name)),
  /** Cut from each scope; one without it does not count. */
  scopePrefix: z.optional(Name),
  /**
   * Its OAuth endpoints, of an issuer whose own metadata MCP clients cannot use (Cognito's names no PKCE method): we describe
   * it in its place, under our own name.
   */
  endpoints: z.optional(z.strictObject({ authorize: z.url(), token: z.url(), revoke: z.url() })),
  /** Headers this issuer sends that are tolerated, and never used. */
  ignoredHeaders: z.optional(z.array(z.enum(['x5t', 'x5t#S256']))),
});
export type Issuer = z.infer<typeof Issuer>;

export const Issuers = z.array(Issuer).check(
  z.minLength(1),
  z.refine(
    (all) => new Set(all.map(({ issuer }) => issuer)).size === all.length,
    'An issuer is named twice.',
  ),
);

/**
 * Where the issuers' keys are read from, as far as it is https: the stage's owner named these, so they may lie where
 * nobody else may send us (Cognito's are under amazonaws.com). A plain http issuer must be a trusted origin as well.
 */
export const keyOrigins = (issuers: readonly Issuer[]): string[] =>
  issuers.map(({ jwksUri }) => new URL(jwksUri).origin).filter((origin) => origin.startsWith('https:'));
