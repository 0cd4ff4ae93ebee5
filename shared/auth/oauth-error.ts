import { AppError } from '#shared/core/errors.ts';

/** Codes of RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2 and RFC 8707 §2. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_target'
  | 'invalid_scope'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'unsupported_response_type'
  | 'unsupported_grant_type'
  | 'temporarily_unavailable';

export const oauthError = (error: OAuthErrorCode, message: string, next_step?: string): AppError =>
  new AppError(error === 'temporarily_unavailable' ? 'unavailable' : 'invalid_input', message, {
    oauth_error: error,
    ...(next_step !== undefined && { next_step }),
  });
