// Access tokens without a browser: the same key and the same claims as those of the code flow.
import { randomBytes } from 'node:crypto';

import { importJWK, SignJWT } from 'jose';

import type { IssuerKeys } from './issuer-keys.ts';
import { DEMO_USERS, scopesForRoles } from './demo-users.ts';

export const ACCESS_TOKEN_SECONDS = 15 * 60;
export const CLI_CLIENT = 'portunus-cli';

type MintRequest = {
  readonly sub: string;
  /** Default: the demo user's own, `user` for anyone else. */
  readonly roles?: readonly string[];
  /** Default: all scopes of the roles. */
  readonly scopes?: readonly string[];
  readonly expiresInSeconds?: number;
  readonly audience?: string;
  /** Claims replaced by a test; `undefined` removes one. */
  readonly overrides?: object;
  /** Header fields replaced by a test. */
  readonly header?: object;
};

export type Mint = (request: MintRequest) => Promise<string>;

type Issuing = { readonly issuer: string; readonly audience: string; readonly keys: IssuerKeys };

export function createMint({ issuer, audience, keys }: Issuing): Mint {
  const key = importJWK(keys.signing, 'RS256');
  return async (request) => {
    const { sub, expiresInSeconds = ACCESS_TOKEN_SECONDS } = request;
    const roles = request.roles ?? [DEMO_USERS.find((user) => user.sub === sub)?.role ?? 'user'];
    const iat = Math.floor(Date.now() / 1000);
    const claims = {
      jti: randomBytes(16).toString('base64url'),
      sub,
      iat,
      exp: iat + expiresInSeconds,
      scope: (request.scopes ?? scopesForRoles(roles)).join(' '),
      client_id: CLI_CLIENT,
      iss: issuer,
      aud: request.audience ?? audience,
      roles,
      sid: randomBytes(16).toString('base64url'),
      auth_time: iat,
      ...request.overrides,
    };
    const header = { alg: 'RS256', typ: 'at+jwt', kid: keys.signing.kid, ...request.header };
    return new SignJWT(claims).setProtectedHeader(header).sign(await key);
  };
}
