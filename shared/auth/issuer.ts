// Trusted issuers and the format of their tokens: configuration of the stage.
import * as z from 'zod/mini';

/** Asymmetric only: with a shared secret every verifier could issue tokens. */
const Algorithm = z.enum(['RS256', 'ES256', 'PS256', 'EdDSA']);

const Name = z.string().check(z.minLength(1), z.maxLength(256));
const Url = z.string().check(z.minLength(1), z.maxLength(512));

export const Issuer = z.strictObject({
  /** Compared with `iss` character by character. */
  issuer: Url,
  /** The only address from which keys are read; a token cannot name another. */
  jwksUri: z.url(),
  audiences: z.array(Url).check(z.minLength(1)),
  algorithms: z.array(Algorithm).check(z.minLength(1)),
  rolesClaim: Name,
  /** Clients whose tokens may lack an audience if they hold a scope with the product's prefix. */
  clientIds: z.optional(z.array(Name)),
  /** Removed from each scope; a scope without it is ignored. */
  scopePrefix: z.optional(Name),
  /**
   * OAuth endpoints of an issuer whose own metadata MCP clients cannot use (Cognito's omits PKCE): this gateway serves
   * metadata in its place. With `clientId`, a public client there whose one redirect URI is `<PublicUrl>/authorize/callback`, it
   * also registers clients and relays their sign-in.
   */
  endpoints: z.optional(
    z.strictObject({ authorize: z.url(), token: z.url(), revoke: z.url(), clientId: z.optional(Name) }),
  ),
  /** Token headers of this issuer that are tolerated but never used. */
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
 * Origins of the issuers' key addresses that use https: listed by the stage's owner, so they are exempt from the
 * address rules (Cognito's are under amazonaws.com). A plain http issuer must be a trusted origin as well.
 */
export const keyOrigins = (issuers: readonly Issuer[]): string[] =>
  issuers.map(({ jwksUri }) => new URL(jwksUri).origin).filter((origin) => origin.startsWith('https:'));
