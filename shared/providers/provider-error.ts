// The meaning of a provider's response that is no success: for the key it was sent with, and for the caller.
import { AppError } from '#shared/core/errors.ts';
import type { EgressResponse } from '#shared/egress/egress.ts';

import { keyUrlOf, type ProviderFacts } from './catalog.ts';
import { type ChatAdapter, ProviderError } from './chat.ts';
import { retryAfterMs } from './quota-headers.ts';

/**
 * `key_rejected`: the provider does not know the key. `key_forbidden`: it knows it and does not allow this request, as
 * for a model outside the key's permissions. `out_of_quota`: its account has nothing left to spend.
 */
export type Rejection = 'key_rejected' | 'key_forbidden' | 'out_of_quota';

export type Verdict<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: Rejection; readonly error: AppError };

type Rejected = Extract<Verdict<never>, { error: AppError }>;

export function errorIn({ body }: EgressResponse): ProviderError {
  try {
    return ProviderError.parse(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return { error: {} }; // unreadable: the status alone decides
  }
}

/** The provider's own rate limit, as opposed to an account without quota. */
export const isBusy = (response: EgressResponse, adapter: ChatAdapter): boolean =>
  response.status === 429 && !adapter.outOfQuota(response.status, errorIn(response));

const outOfQuota = ({ title, id }: ProviderFacts): Rejected => ({
  kind: 'out_of_quota',
  error: new AppError('rate_limited', `The account behind your ${title} key has no quota left.`, {
    provider: id,
    reason: 'insufficient_quota',
    next_step: `Add credit at ${title}, or store a backup key with POST /api-keys.`,
  }),
});

function keyRejected(status: number, facts: ProviderFacts): Rejected {
  const { title, id, keyPage } = facts;
  return {
    kind: status === 401 ? 'key_rejected' : 'key_forbidden',
    error: new AppError('key_rejected', `${title} rejects the stored key.`, {
      next_step: `Make a new key at ${keyPage} and store it with POST /api-keys.`,
      ...keyUrlOf(facts),
      provider: id,
    }),
  };
}

/** Most providers say it by 401. */
export const rejectsKey = (status: number, error: ProviderError, adapter: ChatAdapter): boolean =>
  status === 401 || (adapter.refusesKey?.(status, error) ?? false);

/** The request is at fault: every key would get the same response. */
const REQUEST_REJECTED = new Set([400, 404, 413, 422]);

/** Of the provider's words only its code, which is one of a list and quotes nothing. */
function requestRejected(status: number, { error }: ProviderError, { id, title }: ProviderFacts): AppError {
  const code = [error.code, error.type, error['status']].find(
    (word): word is string => typeof word === 'string' && /^[A-Za-z_]{3,64}$/.test(word),
  );
  return new AppError('upstream_refused', `${title} rejects this request${code ? `: ${code}` : ''}.`, {
    provider: id,
    upstream_status: status,
    ...(code !== undefined && { upstream_code: code }),
  });
}

function rateLimited(headers: EgressResponse['headers'], { id, title }: ProviderFacts): AppError {
  const after = retryAfterMs(headers);
  return new AppError('rate_limited', `${title} limits the rate of requests.`, {
    provider: id,
    ...(after !== undefined && { retry_after_seconds: Math.ceil(after / 1000) }),
  });
}

/**
 * Reads a response that is no success.
 * @returns what it means for the key
 * @throws {AppError} `rate_limited`, `upstream_refused`, `upstream_failed`: no other key would fare better
 */
export function rejectionIn(response: EgressResponse, facts: ProviderFacts, adapter: ChatAdapter): Rejected {
  const { status, headers } = response;
  const { title, id } = facts;
  const error = errorIn(response);
  if (adapter.outOfQuota(status, error)) return outOfQuota(facts);
  if (status === 403) return keyRejected(status, facts);
  if (rejectsKey(status, error, adapter)) return keyRejected(401, facts);
  if (status === 429) throw rateLimited(headers, facts);
  if (REQUEST_REJECTED.has(status)) throw requestRejected(status, error, facts);
  throw new AppError('upstream_failed', `${title} answered with status ${status}.`, {
    provider: id,
    upstream_status: status,
  });
}
