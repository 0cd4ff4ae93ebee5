// Errors for a call without a usable key, each with its remedy.
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, type ProviderId } from '#shared/core/ids.ts';
import type { Unusable } from '#shared/vault/stored-key.ts';
import type { NotUsable } from '#shared/vault/usable-keys.ts';

import { CATALOG, factsOf, keyUrlOf, type ProviderFacts } from './catalog.ts';

type Words = { readonly message: string; readonly next_step: string; readonly url?: string };

const WORDS: Readonly<Record<Unusable, (facts: ProviderFacts, keyId: string) => Words>> = {
  frozen: ({ title }, keyId) => ({
    message: `Your ${title} key is frozen.`,
    next_step: `Unfreeze it with POST /api-keys/${keyId}/unfreeze, or store another key.`,
  }),
  expired: (facts, keyId) => ({
    message: `Your ${facts.title} key has expired.`,
    next_step: `Create a new key at ${facts.keyPage} and rotate to it with POST /api-keys/${keyId}/rotate {"api_key": "…"}.`,
    ...keyUrlOf(facts),
  }),
  invalid: (facts, keyId) => ({
    message: `${facts.title} no longer accepts your key.`,
    next_step: `Create a new key at ${facts.keyPage} and rotate to it with POST /api-keys/${keyId}/rotate {"api_key": "…"}.`,
    ...keyUrlOf(facts),
  }),
};

/** @param key one that is there but may not be used */
export function noKey(wanted: ProviderId | undefined, key: NotUsable | undefined): AppError {
  if (key) return notUsable(key);
  const facts = factsOf(wanted ?? 'openai');
  const { id, keyPage } = facts;
  return new AppError('key_missing', `No usable ${wanted ?? 'AI provider'} key stored.`, {
    next_step: `Create a key at ${keyPage} and store it with POST /api-keys {"provider": "${id}", "api_key": "…"}.`,
    ...keyUrlOf(facts),
    provider: id,
  });
}

const KNOWN = CATALOG.map(({ id }) => id).join(', ');

/** A model of a provider for which the owner has no key. */
export const noSuchModel = (facts: ProviderFacts): AppError =>
  new AppError(
    'model_not_found',
    `No key of ${facts.title} is stored, and none of your keys lists this model. Known providers: ${KNOWN}.`,
    {
      client_code: 'model_not_found',
      provider: facts.id,
      issues: [{ path: 'model', message: `must be a model of a provider whose key is stored` }],
      next_step: `Create a key at ${facts.keyPage} and store it with POST /api-keys {"provider": "${facts.id}", "api_key": "…"}, or use a model listed by GET /v1/models.`,
      ...keyUrlOf(facts),
    },
  );

/** `key_frozen`, `key_expired` or `key_invalid`. */
export function notUsable({ provider, kid, because }: NotUsable): AppError {
  const key_id = keyIdOf(provider, kid);
  const { message, ...guidance } = WORDS[because](factsOf(provider), key_id);
  return new AppError(`key_${because}`, message, { ...guidance, provider, key_id });
}
