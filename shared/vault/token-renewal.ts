// Renewal of a token set: a refresh token for the next access token.
import type { Deadline } from '#shared/core/deadline.ts';
import type { ProviderId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';

import type { AskNext } from './renewal.ts';
import { tokenSecret, type TokenSet, tokensIn } from './token-set.ts';

export type Refreshed =
  | {
      readonly kind: 'refreshed';
      readonly accessToken: Secret;
      /** New refresh token, if the provider rotates it; otherwise the old one stays valid. */
      readonly refreshToken?: Secret;
      readonly lifeSeconds: number;
    }
  | { readonly kind: 'refused' | 'failed' };

/** Port. One refresh at the provider's token endpoint. Never throws: a failure is an outcome. */
export type Refresh = (
  provider: ProviderId,
  tokens: Pick<TokenSet, 'refreshToken' | 'endpoint'>,
  deadline: Deadline,
) => Promise<Refreshed>;

/** @throws {AppError} `integrity_failed` if the credential is not a token set */
export const tokenRenewal =
  (refresh: Refresh): AskNext =>
  async (provider, current, deadline) => {
    const tokens = tokensIn(current);
    const outcome = await refresh(provider, tokens, deadline);
    if (outcome.kind !== 'refreshed') return outcome;
    const { accessToken, refreshToken = tokens.refreshToken, lifeSeconds } = outcome;
    const secret = tokenSecret({ accessToken, refreshToken, endpoint: tokens.endpoint });
    return { kind: 'next', secret, shown: accessToken, lifeSeconds };
  };
