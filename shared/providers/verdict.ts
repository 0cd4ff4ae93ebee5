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

export function errorIn({ body }: EgressResponse): ProviderError {
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

/** Most say it by 401. */
export const refusesKey = (status: number, error: ProviderError, adapter: ChatAdapter): boolean =>
  status === 401 || (adapter.refusesKey?.(status, error) ?? false);

/** The request is at fault: the same one would be refused again, whoever sends it. */
const REQUEST_REFUSED = new Set([400, 404, 413, 422]);

/** Of the provider's words only its code, which is one of a list and quotes nothing. */
function requestRefused(status: number, { error }: ProviderError, { id, title }: ProviderFacts): AppError {
  const code = [error.code, error.type, error['status']].find(
    (word): word is string => typeof word === 'string' && /^[A-Za-z_]{3,64}$/.test(word),
  );
  return new AppError('upstream_refused', `${title} refuses this request${code ? `: ${code}` : ''}.`, {
    provider: id,
    upstream_status: status,
    ...(code !== undefined && { upstream_code: code }),
  });
}

function slowDown(headers: EgressResponse['headers'], { id, title }: ProviderFacts): AppError {
  const after = retryAfterMs(headers);
  return new AppError('rate_limited', `${title} asks to slow down.`, {
    provider: id,
    ...(after !== undefined && { retry_after_seconds: Math.ceil(after / 1000) }),
  });
}

/**
 * Of an answer that is no success.
 * @returns what it says of the key
 * @throws {AppError} `rate_limited`, `upstream_refused`, `upstream_failed`: no other key would fare better
 */
export function refusalOf(response: EgressResponse, facts: ProviderFacts, adapter: ChatAdapter): Refusal {
  const { status, headers } = response;
  const { title, id } = facts;
  const error = errorIn(response);
  if (adapter.outOfQuota(status, error)) return outOfQuota(facts);
  if (status === 403) return refused(status, facts);
  if (refusesKey(status, error, adapter)) return refused(401, facts);
  if (status === 429) throw slowDown(headers, facts);
  if (REQUEST_REFUSED.has(status)) throw requestRefused(status, error, facts);
  throw new AppError('upstream_failed', `${title} answered with status ${status}.`, {
    provider: id,
    upstream_status: status,
  });
}
