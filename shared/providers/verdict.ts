// What a provider's answer says of the key it was asked with.
import { AppError } from '#shared/core/errors.ts';
import type { EgressResponse } from '#shared/egress/egress.ts';

import type { ProviderFacts } from './catalog.ts';
import { type ChatAdapter, ProviderError } from './chat.ts';
import { retryAfterMs } from './quota-headers.ts';

/**
 * `key_rejected`: the provider does not know the key. `key_forbidden`: it knows it and refuses this request, as for a
 * model the key may not use. `out_of_quota`: its account has nothing left to spend.
 */
export type Refused = 'key_rejected' | 'key_forbidden' | 'out_of_quota';

export type Verdict<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: Refused; readonly refusal: AppError };

type Refusal = Extract<Verdict<never>, { refusal: AppError }>;

function errorIn({ body }: EgressResponse): ProviderError {
  try {
    return ProviderError.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return { error: {} }; // says nothing we understand: the status alone decides
  }
}

/** The provider's own 429: it is asked too often, whatever is left in the account. */
export const isBusy = (response: EgressResponse, adapter: ChatAdapter): boolean =>
  response.status === 429 && !adapter.outOfQuota(response.status, errorIn(response));

const outOfQuota = ({ title, id }: ProviderFacts): Refusal => ({
  kind: 'out_of_quota',
  refusal: new AppError('rate_limited', `The account behind your ${title} key has no quota left.`, {
    provider: id,
    reason: 'insufficient_quota',
    next_step: `Add credit at ${title}, or store a backup key with POST /api-keys.`,
  }),
});

function refused(status: number, { title, id, keyPage }: ProviderFacts): Refusal {
  return {
    kind: status === 401 ? 'key_rejected' : 'key_forbidden',
    refusal: new AppError('key_rejected', `${title} refuses the stored key.`, {
      next_step: `Make a new key at ${keyPage} and store it with POST /api-keys.`,
      url: keyPage,
      provider: id,
    }),
  };
}

/**
 * @returns what the answer says of the key, or nothing where it is a success
 * @throws {AppError} `rate_limited`, `upstream_failed`: no other key would fare better
 */
export function refusalIn(
  response: EgressResponse,
  facts: ProviderFacts,
  adapter: ChatAdapter,
): Refusal | undefined {
  const { status, headers } = response;
  if (status < 300) return undefined;
  const { title, id } = facts;
  if (adapter.outOfQuota(status, errorIn(response))) return outOfQuota(facts);
  if (status === 401 || status === 403) return refused(status, facts);
  if (status === 429) {
    const after = retryAfterMs(headers);
    throw new AppError('rate_limited', `${title} asks to slow down.`, {
      provider: id,
      ...(after !== undefined && { retry_after_seconds: Math.ceil(after / 1000) }),
    });
  }
  throw new AppError('upstream_failed', `${title} answered with status ${status}.`, {
    provider: id,
    upstream_status: status,
  });
}
