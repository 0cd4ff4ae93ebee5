// Sealed content of a credential of kind `oauth`: access token and refresh token.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';

/**
 * Token endpoint of a credential for registered tools, as set by its owner and sealed with it. Other credentials use
 * the stage's.
 */
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

/** Text to seal. */
export const tokenSecret = ({ accessToken, refreshToken, endpoint }: TokenSet): Secret =>
  new Secret(
    JSON.stringify({
      access_token: accessToken.reveal(),
      refresh_token: refreshToken.reveal(),
      ...(endpoint && { endpoint }),
    }),
  );

/** @throws {AppError} `integrity_failed`, without quoting the text, if it is not a token set */
export function tokensIn(secret: Secret): TokenSet {
  try {
    const { access_token, refresh_token, endpoint } = Kept.parse(JSON.parse(secret.reveal()));
    return { accessToken: new Secret(access_token), refreshToken: new Secret(refresh_token), endpoint };
  } catch {
    throw new AppError('integrity_failed', undefined, { reason: 'token_set' });
  }
}

/** Access token, the only part that is sent to the provider's API. */
export const accessTokenIn = (secret: Secret): Secret => tokensIn(secret).accessToken;
