// The token endpoint of the local provider: accepts every refresh token once.
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

export const TOKEN_PATH = '/oauth/token';

export const refreshTokenIn = (body: string): string | undefined =>
  new URLSearchParams(body).get('refresh_token') ?? undefined;

const token = (kind: string) => `${kind}-${randomBytes(24).toString('base64url')}`;

/** RFC 6749 §6, with rotation: a reused refresh token is rejected. */
export function createTokenEndpoint() {
  const used = new Set<string>();
  return (
    refreshToken: string | undefined,
    { rejected }: { rejected: boolean },
    response: ServerResponse,
  ) => {
    const good = refreshToken !== undefined && !rejected && !used.has(refreshToken);
    if (refreshToken !== undefined) used.add(refreshToken);
    const status = good ? 200 : 400;
    const body = good
      ? {
          access_token: token('local-access'),
          token_type: 'Bearer',
          expires_in: 3600,
          refresh_token: token('local-refresh'),
        }
      : { error: 'invalid_grant' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    return status;
  };
}
