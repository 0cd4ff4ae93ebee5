// The one way of reading the name of a model, with or without a prefix.
import { AppError } from '#shared/core/errors.ts';
import type { Candidate } from '#shared/vault/usable-keys.ts';

import { CATALOG, isMisplacedKey, type ProviderFacts } from './catalog.ts';
import { POLICIES, type Policy } from './policy.ts';

export type Wanted = {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** Instead of both; absent: the owner's preference. */
  readonly policy?: Policy | undefined;
};

/** The prefix that names a policy instead of a provider. */
export const BY_POLICY = 'portunus';

const KNOWN = CATALOG.map(({ id }) => id).join(', ');

const split = (name: string | undefined) => {
  const [, prefix, model] = /^([^/]*)\/(.+)$/.exec(name ?? '') ?? [];
  return prefix === undefined || model === undefined ? undefined : { prefix, model };
};

function policyNamed(name: string): Policy {
  const policy = POLICIES.find((known) => known === name);
  if (policy) return policy;
  const names = POLICIES.map((known) => `${BY_POLICY}/${known}`).join(', ');
  throw new AppError('invalid_input', `Unknown policy. Known policies: ${names}.`, {
    issues: [{ path: 'model', message: `must be one of: ${names}` }],
  });
}

function assertNoKeyAsModel(name = ''): void {
  if (!isMisplacedKey(name)) return;
  throw new AppError('invalid_input', 'The model is a provider key. It was not sent anywhere.', {
    issues: [{ path: 'model', message: 'must be the name of a model, not a key' }],
    next_step: 'Send a model name; store the key with POST /api-keys.',
  });
}

/**
 * `<provider>/<model>`, without regard to the prefix's case, and `portunus/<policy>`. A prefix that repeats the named provider
 * is left out; any other name stays as it is.
 * @throws {AppError} `invalid_input` for a key in the place of a model, which must not reach a provider or an answer
 */
export function withKnownPrefix(wanted: Wanted): Wanted {
  const parts = split(wanted.model);
  assertNoKeyAsModel(parts?.model ?? wanted.model);
  if (!parts) return wanted;
  const prefix = parts.prefix.toLowerCase();
  const model = parts.model.replace(/^models\//, ''); // Google lists its models so
  const known = CATALOG.find(({ id }) => id === prefix);
  if (wanted.provider !== undefined) return known?.id === wanted.provider ? { ...wanted, model } : wanted;
  if (prefix === BY_POLICY) return { policy: policyNamed(parts.model) };
  if (prefix === 'models') return { ...wanted, model };
  return known ? { ...wanted, provider: known.id, model } : wanted;
}

/**
 * Any other prefix belongs to the key that lists the whole name, else to the owner's own server where that is the only kind of
 * key.
 * @throws {AppError} `model_not_found`: a request must not go to another provider than the named one
 */
export function withUnknownPrefix(wanted: Wanted, keys: readonly Candidate[]): Wanted {
  const parts = wanted.provider === undefined ? split(wanted.model) : undefined;
  if (!parts || keys.some(({ models }) => models?.includes(wanted.model ?? ''))) return wanted;
  const own = ownServerOf(keys);
  if (own) return { ...wanted, provider: own.id };
  const { prefix, model } = parts;
  const plain = `compatible/${prefix}/${model}`;
  throw new AppError(
    'model_not_found',
    `No provider has the prefix of this model. Known providers: ${KNOWN}.`,
    {
      client_code: 'model_not_found',
      issues: [{ path: 'model', message: `must begin with one of ${KNOWN} and a slash, or have no prefix` }],
      next_step: `Use a known prefix; a model of your own server is ${plain}.`,
    },
  );
}

/** Undefined for a key of a registered tool. */
export const factsFor = ({ provider }: Candidate): ProviderFacts | undefined =>
  CATALOG.find(({ id }) => id === provider);

/** The owner's own server, where all keys are for such servers: their models may have any name. */
export function ownServerOf(keys: readonly Candidate[]): ProviderFacts | undefined {
  const facts = keys.map(factsFor);
  return facts.every((one) => one?.ownBaseUrl) ? facts[0] : undefined;
}
