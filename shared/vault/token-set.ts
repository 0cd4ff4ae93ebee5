// What is sealed for a credential of kind `oauth`: one secret that holds two.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';

const Pair = z.strictObject({ access_token: z.string(), refresh_token: z.string() });

export type TokenSet = { readonly accessToken: Secret; readonly refreshToken: Secret };

/** What is sealed: both. */
export const tokenSecret = ({ accessToken, refreshToken }: TokenSet): Secret =>
  new Secret(JSON.stringify({ access_token: accessToken.reveal(), refresh_token: refreshToken.reveal() }));

/** @throws {AppError} `integrity_failed`, quoting nothing: what was opened is no token set */
export function tokensIn(secret: Secret): TokenSet {
  try {
    const { access_token, refresh_token } = Pair.parse(JSON.parse(secret.reveal()));
    return { accessToken: new Secret(access_token), refreshToken: new Secret(refresh_token) };
  } catch {
    throw new AppError('integrity_failed', undefined, { reason: 'token_set' });
  }
}

/** The only half that the provider's API is shown. */
export const accessTokenIn = (secret: Secret): Secret => tokensIn(secret).accessToken;
