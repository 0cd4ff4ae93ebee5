import { AppError } from '#shared/core/errors.ts';

/** Reason class of a rejected token, for the audit trail: never a value from the token. */
export type TokenRefusal =
  | 'token_malformed'
  | 'token_header'
  | 'token_algorithm'
  | 'token_untrusted_issuer'
  | 'token_unknown_key'
  | 'token_signature'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_lifetime'
  | 'token_type'
  | 'token_subject'
  | 'token_wrong_audience'
  | 'token_claims';

export const tokenExpired = (): AppError =>
  new AppError('unauthenticated', 'The access token has expired.', {
    reason: 'token_expired',
    next_step: 'Get a new access token from your issuer, by refreshing or by signing in again.',
  });

export const tokenRefused = (reason: TokenRefusal): AppError =>
  reason === 'token_expired'
    ? tokenExpired()
    : new AppError('unauthenticated', 'The access token is not valid.', { reason });
