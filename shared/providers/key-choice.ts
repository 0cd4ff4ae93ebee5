// Whose model a call means, and which of the owner's keys can be used for it.
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Candidate, KeyUse } from '#shared/vault/use.ts';

import { CATALOG, factsOf, type ProviderFacts } from './catalog.ts';
import { noKey } from './no-key.ts';
import type { Preference, PreferenceOf } from './preference.ts';

export type Wanted = { readonly provider?: string | undefined; readonly model?: string | undefined };

export type Choice = {
  readonly facts: ProviderFacts;
  readonly keys: readonly [Candidate, ...Candidate[]];
  readonly model: string;
};

/** `<provider>/<model>` where such a provider is known; else the whole is a model's name. */
export function wantedBy(name: string): Wanted {
  const [, provider = '', model = ''] = /^([^/]*)\/(.+)$/.exec(name) ?? [];
  return CATALOG.some(({ id }) => id === provider) ? { provider, model } : { model: name };
}

type Purpose = 'chat' | 'embed';

/** Where nobody names one. */
function modelFor(purpose: Purpose, { facts, first, preference }: Picked): string | undefined {
  if (purpose === 'embed') return facts.defaultEmbedModel;
  return preference.default_models?.[facts.id] ?? (facts.defaultModel || first.models?.[0]);
}
type Picked = { readonly facts: ProviderFacts; readonly first: Candidate; readonly preference: Preference };

const factsFor = ({ provider }: Candidate) => CATALOG.find(({ id }) => id === provider);

const namedBy = ({ provider }: Wanted) => (provider === undefined ? undefined : factsOf(provider));

/** Who listed a model of this name to one of these keys, else who alone gives such names. */
function meantBy(model: string | undefined, keys: readonly Candidate[]): ProviderFacts | undefined {
  if (model === undefined) return undefined;
  const listed = keys.find(({ models }) => models?.includes(model));
  return listed ? factsFor(listed) : CATALOG.find(({ modelPattern }) => modelPattern?.test(model));
}

/** The preferred provider where there is a key for it, else that of the first key. */
function liked(keys: readonly Candidate[], { default_provider }: Preference): ProviderFacts | undefined {
  const key = keys.find(({ provider }) => provider === default_provider) ?? keys[0];
  return key && factsFor(key);
}

/** Keys for servers of their own stand for themselves: a question meant for one must not go to another. */
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

export function createKeyChoice({
  vault,
  preferenceOf,
}: {
  vault: KeyUse;
  preferenceOf?: PreferenceOf | undefined;
}) {
  async function preferred(owner: Uid, wanted: Wanted): Promise<Preference> {
    const open = wanted.provider === undefined || wanted.model === undefined;
    return (open && (await preferenceOf?.(owner))) || {};
  }

  /**
   * The provider that is named, else the one the model tells of, else the preferred one, else that of the owner's first key.
   * @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`; `invalid_input` for an unknown provider,
   * or where nobody says which model
   */
  return async (owner: Uid, wanted: Wanted, purpose: Purpose): Promise<Choice> => {
    const named = namedBy(wanted);
    const [candidates, preference] = await Promise.all([
      vault.candidates(owner, named?.id),
      preferred(owner, wanted),
    ]);
    const usable = candidates.filter(factsFor);
    const facts = named ?? meantBy(wanted.model, usable) ?? liked(usable, preference);
    if (!facts) throw noKey(undefined, await vault.whyNone(owner));
    const [first, ...others] = chainOf(facts, usable, wanted.model);
    if (!first) throw noKey(facts.id, await vault.whyNone(owner, facts.id));
    if (purpose === 'embed' && !facts.features.includes('embed')) throw noEmbeddings(facts);
    const model = wanted.model ?? modelFor(purpose, { facts, first, preference });
    if (!model) throw noModel(facts);
    return { facts, keys: [first, ...others], model };
  };
}

const noModel = ({ title, id }: ProviderFacts) =>
  new AppError('invalid_input', `Nobody said which model of ${title} to ask.`, {
    provider: id,
    issues: [{ path: 'model', message: 'is needed for this provider' }],
    next_step: 'Name a model; ai_models lists those that are known.',
  });

export const noEmbeddings = ({ id, title }: ProviderFacts) =>
  new AppError('invalid_input', `${title} offers no embeddings.`, {
    provider: id,
    issues: [{ path: 'provider', message: 'has no embeddings' }],
    next_step: 'Name another provider; GET /api-keys/providers tells what each can do.',
  });
