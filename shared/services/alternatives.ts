// Alternatives to a rejected tool call, from the caller's own keys. Computed only after a rejection.
import type { Principal } from '#shared/auth/principal.ts';
import { SCOPES_OF } from '#shared/auth/scopes.ts';
import {
  type Alternative,
  alternativesTo,
  type RejectedCall,
  type UsableProvider,
} from '#shared/limits/alternatives.ts';
import type { ProviderPacing } from '#shared/limits/provider-pacing.ts';
import { narrowRateOf, type Rates } from '#shared/limits/rates.ts';
import { CATALOG, type ProviderFacts } from '#shared/providers/catalog.ts';
import type { ProviderOrigins } from '#shared/providers/origins.ts';
import type { Preference, PreferenceOf } from '#shared/providers/preference.ts';
import { likelyCostOf } from '#shared/providers/prices.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { isExpired, type KeyStore } from '#shared/vault/stored-key.ts';

type Ports = {
  readonly keys: Pick<KeyStore, 'list'>;
  readonly rates: () => Promise<Rates>;
  readonly preferenceOf: PreferenceOf;
  readonly origins: ProviderOrigins;
  readonly isLow: ProviderPacing['isLow'];
  readonly now: () => number;
};

const mayCall = ({ scopes, roles }: Principal, { scope }: Tool): boolean =>
  scope === undefined || (scopes.includes(scope) && roles.some((role) => SCOPES_OF[role].includes(scope)));

/** Reads only, takes no key and works without arguments. */
const isFree = ({ annotations, requiresKey, input }: Tool) =>
  annotations.readOnlyHint && !requiresKey && input.safeParse({}).success;

type Feature = 'chat' | 'embed';

/** Functions for the estimated cost of the rejected call on a model, and for the default model of a provider. */
function estimatorFor({ parameters }: RejectedCall, feature: Feature, { default_models = {} }: Preference) {
  const { max_tokens } = parameters;
  const size = {
    inputBytes: Buffer.byteLength(JSON.stringify(parameters)),
    maxOutputTokens: feature === 'embed' ? 0 : typeof max_tokens === 'number' ? max_tokens : undefined,
  };
  const modelAt = ({ id, defaultModel, defaultEmbedModel = '' }: ProviderFacts): string =>
    feature === 'embed' ? defaultEmbedModel : (default_models[id] ?? defaultModel);
  const modelCost = (provider: string, model: string) => likelyCostOf({ provider, model, ...size });
  return { modelAt, modelCost };
}
type Estimator = ReturnType<typeof estimatorFor>;

/** Cost of repeating the call with the provider of the rejection, or else with the one in its parameters, if any. */
function costAgain(
  { provider, parameters }: RejectedCall,
  { modelAt, modelCost }: Estimator,
): number | 'unknown' {
  const asked = provider ?? parameters['provider'];
  const facts = CATALOG.find(({ id }) => id === asked);
  if (!facts) return 'unknown';
  const { model } = parameters;
  return modelCost(facts.id, typeof model === 'string' ? model : modelAt(facts));
}

/**
 * Reads the caller's keys and preferences if the tool has a `provider` parameter: only such a tool can be called with another
 * provider.
 */
export function createAlternatives({ keys, rates, preferenceOf, origins, isLow, now }: Ports) {
  /** Providers that have the feature, that are configured here, and that the caller has a usable key for. */
  async function usableFor({ ownerId }: Principal, feature: Feature): Promise<ProviderFacts[]> {
    const at = now();
    const active = (await keys.list(ownerId)).filter((key) => key.status === 'active' && !isExpired(key, at));
    const usable = new Set<string>(active.map(({ provider }) => provider));
    return CATALOG.filter(
      ({ id, features }) => usable.has(id) && features.includes(feature) && origins[id] !== undefined,
    );
  }

  const usableProvider =
    ({ ownerId }: Principal, { modelAt, modelCost }: Estimator) =>
    (facts: ProviderFacts): UsableProvider => ({
      id: facts.id,
      title: facts.title,
      defaultModel: modelAt(facts),
      maxTemperature: facts.maxTemperature ?? 2,
      isLow: isLow(ownerId, facts.id),
      costMicroUsd: modelCost(facts.id, modelAt(facts)),
    });

  return async (principal: Principal, rejected: RejectedCall): Promise<Alternative[]> => {
    const tool = TOOLS.find(({ name }) => name === rejected.tool);
    if (!tool?.requiresKey || !('provider' in tool.input.shape)) {
      const againMicroUsd = tool && !tool.requiresKey ? 0 : 'unknown'; // registered tools have prices of their own
      return alternativesTo(rejected, { providers: [], free: [], againMicroUsd });
    }
    // Other tools only if they have no limit of their own: whether such a limit is used up is not known here.
    const current = await rates();
    const free = TOOLS.filter((other) => isFree(other) && mayCall(principal, other))
      .map(({ name }) => name)
      .filter((name) => !narrowRateOf(current, principal.roles, ['tools', name]));
    const feature = rejected.tool === 'ai_embed' ? 'embed' : 'chat';
    const usable = await usableFor(principal, feature);
    const preference = usable.length > 0 ? await preferenceOf(principal.ownerId) : {};
    const estimator = estimatorFor(rejected, feature, preference);
    const providers = usable.map(usableProvider(principal, estimator));
    return alternativesTo(rejected, { providers, free, againMicroUsd: costAgain(rejected, estimator) });
  };
}
