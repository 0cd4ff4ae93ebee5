// The meaning of a provider's response that is no success: for the key it was sent with, and for the caller.
import { AppError } from '#shared/core/errors.ts';
import { maskKeyShapes } from '#shared/core/key-shapes.ts';
import type { EgressResponse } from '#shared/egress/egress.ts';

import { keyUrlOf, type ProviderFacts } from './catalog.ts';
import { type ChatAdapter, type KeyDialect, ProviderError } from './chat.ts';
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

const MAX_WORDS = 500;

/**
 * The provider's own words on one line, bounded. The key is out of them already; they may quote another that the caller sent, as
 * the name of a field. They are marked as the provider's.
 */
function wordsOf({ error: { message, code, type, param, ...rest } }: ProviderError, { id }: ProviderFacts) {
  const text = maskKeyShapes(message ?? '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .toWellFormed();
  const word = [code, type, rest['status']].find(
    (one): one is string => typeof one === 'string' && /^[A-Za-z_.-]{3,64}$/.test(one),
  );
  return {
    provider: id,
    ...(text !== '' && { provider_message: text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}…` : text }),
    ...(word !== undefined && { upstream_code: word }),
    ...(typeof param === 'string' &&
      /^[\w.[\]-]{1,100}$/.test(param) &&
      maskKeyShapes(param) === param && { provider_param: param }),
  };
}

const outOfQuota = (facts: ProviderFacts, error: ProviderError): Rejected => ({
  kind: 'out_of_quota',
  error: new AppError('rate_limited', `The account behind your ${facts.title} key has no remaining quota.`, {
    ...wordsOf(error, facts),
    reason: 'insufficient_quota',
    client_code: 'insufficient_quota',
    next_step: `Add credit at ${facts.title}, or store a backup key with POST /api-keys.`,
  }),
});

const keyRejected = (facts: ProviderFacts): Rejected => ({
  kind: 'key_rejected',
  error: new AppError('key_rejected', `${facts.title} rejects the stored key.`, {
    next_step: `Create a new key at ${facts.keyPage} and store it with POST /api-keys.`,
    ...keyUrlOf(facts),
    provider: facts.id,
  }),
});

/** The key is known: its permissions, its region or its plan do not cover the request. */
const keyForbidden = (facts: ProviderFacts, error: ProviderError): Rejected => ({
  kind: 'key_forbidden',
  error: new AppError(
    'upstream_forbidden',
    `${facts.title} does not allow this request with the stored key.`,
    {
      ...wordsOf(error, facts),
      upstream_status: 403,
    },
  ),
});

/** Most providers say it by 401. */
export const rejectsKey = (status: number, error: ProviderError, dialect: KeyDialect): boolean =>
  status === 401 || (dialect.rejectsKey?.(status, error) ?? false);

/** The request is at fault: every key would get the same response. */
const REQUEST_REJECTED = new Set([400, 404, 413, 422]);

function requestRejected(status: number, error: ProviderError, { facts, adapter }: Of): AppError {
  const client_code = adapter.clientCode(status, error);
  const code = client_code === 'model_not_found' ? client_code : 'upstream_refused';
  return new AppError(code, `${facts.title} rejects this request.`, {
    ...wordsOf(error, facts),
    upstream_status: status,
    ...(client_code !== undefined && { client_code }),
  });
}
type Of = { readonly facts: ProviderFacts; readonly adapter: ChatAdapter };

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
 * @throws {AppError} `rate_limited`, `upstream_refused`, `model_not_found`, `upstream_failed`: every key would get the same
 */
export function rejectionIn(response: EgressResponse, facts: ProviderFacts, adapter: ChatAdapter): Rejected {
  const { status, headers } = response;
  const error = errorIn(response);
  if (adapter.outOfQuota(status, error)) return outOfQuota(facts, error);
  if (status === 403) return keyForbidden(facts, error);
  if (rejectsKey(status, error, adapter)) return keyRejected(facts);
  if (status === 429) throw rateLimited(headers, facts);
  if (REQUEST_REJECTED.has(status)) throw requestRejected(status, error, { facts, adapter });
  throw new AppError('upstream_failed', `${facts.title} answered with status ${status}.`, {
    ...wordsOf(error, facts),
    upstream_status: status,
  });
}
