import { AppError } from '#shared/core/errors.ts';

/** Reason class of a rejected token, for the audit trail: never a value from the token. */
export type TokenRejection =
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
  | 'token_claims'
  // Reasons for personal access tokens.
  | 'token_checksum'
  | 'token_unknown'
  // Two different tokens in one request.
  | 'token_ambiguous';

const DETAIL: Partial<Record<TokenRejection, string>> = {
  token_checksum: 'The personal access token is mistyped or cut off: its checksum does not match.',
  token_unknown: 'There is no such personal access token.',
  token_ambiguous: 'Authorization and x-api-key hold different tokens.',
};

export const tokenExpired = (): AppError =>
  new AppError('unauthenticated', 'The access token has expired.', {
    reason: 'token_expired',
    next_step: 'Get a new access token from your issuer, by refreshing or by signing in again.',
  });

export const tokenRejected = (reason: TokenRejection): AppError =>
  reason === 'token_expired'
    ? tokenExpired()
    : new AppError('unauthenticated', DETAIL[reason] ?? 'The access token is not valid.', { reason });

/** The remedy for a personal access token that is no longer valid. */
export const CREATE_ANOTHER = 'Sign in and create another personal access token with POST /tokens.';

export const personalTokenExpired = (): AppError =>
  new AppError('unauthenticated', 'This personal access token has expired.', {
    reason: 'token_expired',
    next_step: CREATE_ANOTHER,
  });
