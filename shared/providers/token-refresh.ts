// RFC 6749 §6: a refresh token for a new access token, at the endpoint that the stage's configuration names.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';
import type { Egress, EgressResponse } from '#shared/egress/egress.ts';
import type { Refresh, Refreshed } from '#shared/vault/token-renewal.ts';

/** Provider → where its tokens are refreshed, as which public client. No request and no row can name another. */
export const TokenEndpoints = z.record(z.string(), z.strictObject({ url: z.url(), client_id: z.string() }));
export type TokenEndpoints = z.infer<typeof TokenEndpoints>;

const Token = z.string().regex(/^[\x21-\x7e]{8,2048}$/);
const Reply = z.object({
  access_token: Token,
  refresh_token: Token.optional(),
  expires_in: z.coerce
    .number()
    .int()
    .min(1)
    .max(366 * 24 * 3600)
    .default(3600),
});
const TokenErrorBody = z.object({ error: z.string() });

/** The provider says something about this token, as opposed to about its own health. */
const FINAL = new Set(['invalid_grant', 'unauthorized_client', 'invalid_client']);

const DEADLINE_MS = 8000;

function jsonIn({ body }: EgressResponse): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function refreshOutcome(response: EgressResponse): Refreshed {
  const body = jsonIn(response);
  if (response.status >= 300) {
    const tokenError = TokenErrorBody.safeParse(body);
    return { kind: tokenError.success && FINAL.has(tokenError.data.error) ? 'refused' : 'failed' };
  }
  const reply = Reply.safeParse(body);
  if (!reply.success) return { kind: 'failed' };
  const { access_token, refresh_token, expires_in } = reply.data;
  return {
    kind: 'refreshed',
    accessToken: new Secret(access_token),
    ...(refresh_token !== undefined && { refreshToken: new Secret(refresh_token) }),
    lifeSeconds: expires_in,
  };
}

type Ports = {
  readonly egress: Pick<Egress, 'send'>;
  readonly endpoints: TokenEndpoints;
  /** Egress to endpoints that owners name, which are never trusted. */
  readonly outside: () => Pick<Egress, 'send'>;
};

export function createTokenRefresh({ egress, endpoints, outside }: Ports): Refresh {
  return async (provider, { refreshToken, endpoint: own }, deadline) => {
    const endpoint = own ?? endpoints[provider];
    if (!endpoint) return { kind: 'failed' };
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken.reveal(),
      client_id: endpoint.client_id,
      ...(own?.resource !== undefined && { resource: own.resource }),
    });
    try {
      return refreshOutcome(
        await (own ? outside() : egress).send({
          url: endpoint.url,
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
          body: body.toString(),
          signal: deadline.signal,
          deadlineMs: Math.min(DEADLINE_MS, deadline.remainingMs()),
        }),
      );
    } catch (error) {
      if (error instanceof AppError) return { kind: 'failed' };
      throw error;
    }
  };
}
