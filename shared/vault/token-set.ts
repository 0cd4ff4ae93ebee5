// What is sealed for a credential of kind `oauth`: one secret that holds two.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';

/** Where a credential for registered tools is renewed: its owner's word, sealed with it. Others have the stage's. */
const TokenEndpoint = z.strictObject({
  url: z.string(),
  client_id: z.string(),
  /** RFC 8707: the server that the token is for. */
  resource: z.string().optional(),
});
export type TokenEndpoint = z.infer<typeof TokenEndpoint>;

const Kept = z.strictObject({
  access_token: z.string(),
  refresh_token: z.string(),
  endpoint: TokenEndpoint.optional(),
});

export type TokenSet = {
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  readonly endpoint?: TokenEndpoint | undefined;
};

/** What is sealed. */
export const tokenSecret = ({ accessToken, refreshToken, endpoint }: TokenSet): Secret =>
  new Secret(
    JSON.stringify({
      access_token: accessToken.reveal(),
      refresh_token: refreshToken.reveal(),
      ...(endpoint && { endpoint }),
    }),
  );

/** @throws {AppError} `integrity_failed`, quoting nothing: what was opened is no token set */
export function tokensIn(secret: Secret): TokenSet {
  try {
    const { access_token, refresh_token, endpoint } = Kept.parse(JSON.parse(secret.reveal()));
    return { accessToken: new Secret(access_token), refreshToken: new Secret(refresh_token), endpoint };
  } catch {
    throw new AppError('integrity_failed', undefined, { reason: 'token_set' });
  }
}

/** The only half that the provider's API is shown. */
export const accessTokenIn = (secret: Secret): Secret => tokensIn(secret).accessToken;
