// Verification of an access token. jose checks the signature; the checks before and after it reject what jose accepts:
// lenient base64url, duplicate names, unknown headers, ID tokens, excessive lifetimes.
import { errors, jwtVerify } from 'jose';

import type { Issuer } from './issuer.ts';
import { CLOCK_TOLERANCE, MAX_LIFETIME, readClaims, type VerifiedToken } from './token-claims.ts';
import { createSigningKeys, type FetchJwks, type SavedJwks } from './token-keys.ts';
import { type TokenRejection, tokenRejected } from './token-rejection.ts';
import { checkHeaderNames, readToken } from './token-shape.ts';

export type TokenVerifier = {
  /** @throws {AppError} `unauthenticated` with `details.reason`, or `unavailable` while the issuer is unreachable */
  readonly verify: (token: string) => Promise<VerifiedToken>;
};

/** Maps jose's verification errors. Any other error is a bug and is rethrown. */
function rejectionFromJose(error: unknown): TokenRejection | undefined {
  if (error instanceof errors.JWTExpired) return 'token_expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token_signature';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return ['nbf', 'iat'].includes(error.claim) && error.reason === 'check_failed'
      ? 'token_not_yet_valid'
      : 'token_claims';
  }
  return error instanceof errors.JOSEError ? 'token_malformed' : undefined;
}

export function createTokenVerifier(ports: {
  issuers: readonly Issuer[];
  fetchJwks: FetchJwks;
  savedJwks?: (uri: string) => Promise<SavedJwks | undefined>;
  now?: () => number;
}): TokenVerifier {
  const { issuers, fetchJwks, savedJwks = async () => undefined, now = Date.now } = ports;
  const trusted = new Map(
    issuers.map((issuer) => [
      issuer.issuer,
      { issuer, keys: createSigningKeys({ uri: issuer.jwksUri, fetchJwks, savedJwks, now }) },
    ]),
  );

  return {
    async verify(token) {
      const shape = readToken(token);
      const { header, claims } = shape;
      const known = typeof claims['iss'] === 'string' ? trusted.get(claims['iss']) : undefined;
      if (!known) throw tokenRejected('token_untrusted_issuer');
      const { issuer, keys } = known;
      checkHeaderNames(header, issuer.ignoredHeaders ?? []);
      const algorithms: readonly string[] = issuer.algorithms;
      if (!algorithms.includes(header.alg)) throw tokenRejected('token_algorithm');
      const key = await keys.find(header);
      try {
        await jwtVerify(token, key, {
          issuer: issuer.issuer,
          algorithms: [...algorithms],
          requiredClaims: ['exp', 'sub', 'iss', 'iat'],
          clockTolerance: CLOCK_TOLERANCE,
          maxTokenAge: MAX_LIFETIME,
          currentDate: new Date(now()),
        });
      } catch (error) {
        const rejection = rejectionFromJose(error);
        throw rejection ? tokenRejected(rejection) : error;
      }
      // The claims read before are the signed ones: the same bytes, parsed by the strict reader.
      return readClaims(shape, issuer, now());
    },
  };
}
