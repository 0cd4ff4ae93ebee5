// The exchange of a code or a refresh token at the issuer of a relayed sign-in: our request, and the issuer's response.
import * as z from 'zod/mini';

import { oauthError } from './oauth-error.ts';
import { callbackUrl, type Parameters, type RelaySite } from './sign-in-relay.ts';

/**
 * The token request that the issuer understands.
 * @throws {AppError} with `oauth_error`
 */
export function tokenRequest(site: RelaySite, form: Parameters): Record<string, string> {
  if (form['client_id'] !== site.clientId) {
    throw oauthError('invalid_client', 'client_id is not the registered client.');
  }
  const { grant_type } = form;
  if (grant_type === 'authorization_code') return codeRequest(site, form);
  if (grant_type !== 'refresh_token') {
    throw oauthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.');
  }
  return { ...common(site, grant_type), refresh_token: required(form, 'refresh_token') };
}

function codeRequest(site: RelaySite, form: Parameters): Record<string, string> {
  const { redirect_uri } = form;
  if (redirect_uri !== undefined && !site.isAllowed(redirect_uri)) {
    throw oauthError('invalid_grant', 'redirect_uri is not that of the authorization request.');
  }
  return {
    ...common(site, 'authorization_code'),
    code: required(form, 'code'),
    code_verifier: required(form, 'code_verifier'),
    redirect_uri: callbackUrl(site),
  };
}

const common = ({ clientId }: RelaySite, grant_type: string) => ({ grant_type, client_id: clientId });

function required(form: Parameters, name: string): string {
  const value = form[name];
  if (value) return value;
  throw oauthError('invalid_request', `${name} is missing, or given twice.`);
}

const Tokens = z.object({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.optional(z.number()),
  refresh_token: z.optional(z.string()),
  id_token: z.optional(z.string()),
  scope: z.optional(z.string()),
});

const TOKEN_ERRORS = ['invalid_request', 'invalid_client', 'invalid_grant'] as const;
const TokenError = z.object({ error: z.enum(TOKEN_ERRORS) });

/** The issuer's token response. @throws {AppError} with `oauth_error` */
export function tokenResponse(status: number, body: unknown): object {
  const tokens = Tokens.safeParse(body);
  if (status === 200 && tokens.success) return tokens.data;
  const rejected = TokenError.safeParse(body);
  if (status < 500 && rejected.success) {
    throw oauthError(
      rejected.data.error,
      'The issuer rejected the code or the refresh token.',
      'Sign in again.',
    );
  }
  throw oauthError('temporarily_unavailable', 'The issuer did not return tokens.');
}
