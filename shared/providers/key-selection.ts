// The provider and model of a call, and the owner's keys that can serve it.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Candidate, UsableKeys } from '#shared/vault/usable-keys.ts';

import { CATALOG, factsOf, type ProviderFacts } from './catalog.ts';
import { noKey, noSuchModel } from './missing-key.ts';
import { factsFor, ownServerOf, type Wanted, withKnownPrefix, withUnknownPrefix } from './model-name.ts';
import { cheapestOf, type ChosenBy, type Size } from './policy.ts';
import type { Preference, PreferenceOf } from './preference.ts';

export type Choice = {
  readonly facts: ProviderFacts;
  readonly keys: readonly [Candidate, ...Candidate[]];
  readonly model: string;
  readonly chosenBy?: ChosenBy;
};

type Purpose = 'chat' | 'embed';

/** `isByPrefix`: the provider, if any, is the prefix of the model's name. */
type Named = Wanted & { readonly isByPrefix: boolean };

/** The default model. */
function modelFor(purpose: Purpose, { facts, first, preference }: Picked): string | undefined {
  if (purpose === 'embed') return facts.defaultEmbedModel;
  return preference.default_models?.[facts.id] ?? (facts.defaultModel || first.models?.[0]);
}
type Picked = { readonly facts: ProviderFacts; readonly first: Candidate; readonly preference: Preference };

const namedBy = ({ provider }: Wanted) => (provider === undefined ? undefined : factsOf(provider));

/**
 * The provider that listed the model for one of these keys, else the one whose name pattern matches. Where that one has no key
 * and all keys are for servers of their own, it is such a server's model.
 */
function providerForModel(model: string | undefined, keys: readonly Candidate[]): ProviderFacts | undefined {
  if (model === undefined) return undefined;
  const listed = keys.find(({ models }) => models?.includes(model));
  if (listed) return factsFor(listed);
  const facts = CATALOG.find(({ modelPattern }) => modelPattern?.test(model));
  return facts && !keys.some(({ provider }) => provider === facts.id) ? (ownServerOf(keys) ?? facts) : facts;
}

/** The preferred provider where there is a key for it, else that of the first key. */
function preferredOf(
  keys: readonly Candidate[],
  { default_provider }: Preference,
): ProviderFacts | undefined {
  const key = keys.find(({ provider }) => provider === default_provider) ?? keys[0];
  return key && factsFor(key);
}

/** A name that fits no provider is most likely that of a model on the owner's own server. */
function otherwise({ model }: Wanted, keys: readonly Candidate[], preference: Preference) {
  const own = keys.map(factsFor).find((facts) => facts?.ownBaseUrl);
  const isOpen = model === undefined || preference.default_provider !== undefined;
  return (isOpen ? undefined : own) ?? preferredOf(keys, preference);
}

/** The preferred provider first, then as the keys are ordered. */
const inOrder = (keys: readonly Candidate[], preference: Preference): ProviderFacts[] => {
  const facts = [preferredOf(keys, preference), ...keys.map(factsFor)];
  return [...new Set(facts.filter((one) => one !== undefined))];
};

/** The cheapest of the providers' default models. */
function cheapest(usable: readonly Candidate[], preference: Preference, size: Size): Choice | undefined {
  const options = inOrder(usable, preference).flatMap((facts) => {
    const [first, ...others] = chainOf(facts, usable, undefined);
    const model = first && modelFor('chat', { facts, first, preference });
    return first && model ? [{ facts, keys: [first, ...others] as const, model }] : [];
  });
  return cheapestOf(options, size);
}

/** Keys for servers of their own do not back each other up: a request meant for one server must not go to another. */
function chainOf(
  facts: ProviderFacts,
  keys: readonly Candidate[],
  model: string | undefined,
): readonly Candidate[] {
  const own = keys.filter(({ provider }) => provider === facts.id);
  if (!facts.ownBaseUrl) return own;
  return [own.find(({ models }) => model !== undefined && models?.includes(model)) ?? own[0]].filter(
    (key) => key !== undefined,
  );
}

export function createKeySelection({
  vault,
  preferenceOf,
}: {
  vault: UsableKeys;
  preferenceOf?: PreferenceOf | undefined;
}) {
  async function preferred(owner: OwnerId, wanted: Wanted): Promise<Preference> {
    const open = wanted.provider === undefined || wanted.model === undefined;
    return (open && (await preferenceOf?.(owner))) || {};
  }

  /**
   * The reason why there is no key. Of a model that is only named by its prefix nothing says that it exists: where the owner
   * uses other providers, it is not found.
   */
  async function missing(
    owner: OwnerId,
    facts: ProviderFacts,
    { model, isByPrefix }: Named,
  ): Promise<AppError> {
    const why = await vault.whyNone(owner, facts.id);
    const isKnown = !isByPrefix || facts.modelPattern?.test(model ?? '') === true;
    if (why || isKnown || (await vault.candidates(owner)).length === 0) return noKey(facts.id, why);
    return noSuchModel(facts);
  }

  /** The named provider, else the one inferred from the model, else the preferred one, else that of the owner's first key. */
  async function byName(
    owner: OwnerId,
    wanted: Named,
    { usable, preference, purpose }: Known,
  ): Promise<Choice> {
    const facts =
      namedBy(wanted) ?? providerForModel(wanted.model, usable) ?? otherwise(wanted, usable, preference);
    if (!facts) throw noKey(undefined, await vault.whyNone(owner));
    const [first, ...others] = chainOf(facts, usable, wanted.model);
    if (!first) throw await missing(owner, facts, wanted);
    if (purpose === 'embed' && !facts.features.includes('embed')) throw noEmbeddings(facts);
    const model = wanted.model ?? modelFor(purpose, { facts, first, preference });
    if (!model) throw noModel(facts);
    return { facts, keys: [first, ...others], model };
  }

  /**
   * Selects by name; where nothing is named, by the requested or preferred policy.
   * @param size of a chat, for which models can be compared; embeddings of two models cannot stand for each other
   * @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`; `invalid_input` for an unknown provider, for a
   * policy beside a name, or a missing model
   */
  return async (owner: OwnerId, asked: Wanted, size?: Size): Promise<Choice> => {
    const named = withKnownPrefix(asked);
    checkPolicy(named);
    const [candidates, preference] = await Promise.all([
      vault.candidates(owner, namedBy(named)?.id),
      preferred(owner, named),
    ]);
    const usable = candidates.filter(factsFor);
    const wanted = { ...withUnknownPrefix(named, usable), isByPrefix: asked.provider === undefined };
    const policy = wanted.policy ?? (isOpen(wanted) ? preference.default_policy : undefined);
    const found = size && policy === 'cheapest' ? cheapest(usable, preference, size) : undefined;
    return found ?? byName(owner, wanted, { usable, preference, purpose: size ? 'chat' : 'embed' });
  };
}

type Known = {
  readonly usable: readonly Candidate[];
  readonly preference: Preference;
  readonly purpose: Purpose;
};

const isOpen = ({ provider, model }: Wanted) => provider === undefined && model === undefined;

/** @throws {AppError} `invalid_input` for a policy that has nothing to choose */
function checkPolicy(wanted: Wanted): void {
  if (wanted.policy !== 'cheapest' || isOpen(wanted)) return;
  throw new AppError(
    'invalid_input',
    'A policy selects provider and model and cannot be combined with them.',
    {
      issues: [{ path: 'policy', message: 'cannot be combined with provider or model' }],
      next_step: 'Omit policy, or provider and model.',
    },
  );
}

const noModel = ({ title, id }: ProviderFacts) =>
  new AppError('invalid_input', `No model specified for ${title}.`, {
    provider: id,
    issues: [{ path: 'model', message: 'is needed for this provider' }],
    next_step: 'Specify a model; ai_models lists the known ones.',
  });

export const noEmbeddings = ({ id, title }: ProviderFacts) =>
  new AppError('invalid_input', `${title} offers no embeddings.`, {
    provider: id,
    issues: [{ path: 'provider', message: 'has no embeddings' }],
    next_step: 'Specify another provider; GET /api-keys/providers lists what each supports.',
  });
