import type { Principal } from '#shared/auth/principal.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import { BY_POLICY } from '#shared/providers/model-name.ts';
import { POLICIES } from '#shared/providers/policy.ts';
import { type KeyStore, type StoredKey, unusableBecause } from '#shared/vault/stored-key.ts';

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000);

/** Models of one key: the provider's default model, and those that it listed at the last validation. */
function modelsOf({ provider, validation, createdAt }: StoredKey) {
  const facts = CATALOG.find(({ id }) => id === provider);
  const names = [facts?.defaultModel ?? '', ...(validation?.models ?? [])].filter((name) => name !== '');
  const created = seconds(validation?.checkedAt ?? createdAt);
  return names.map((name) => ({ id: `${provider}/${name}`, object: 'model', created, owned_by: provider }));
}

/** List entry of a policy: a client that selects it leaves the choice of the model to the gateway. */
const byPolicy = (policy: string, { createdAt }: StoredKey) => ({
  id: `${BY_POLICY}/${policy}`,
  object: 'model',
  created: seconds(createdAt),
  owned_by: BY_POLICY,
});

const withoutProvider = (id: string) => id.slice(id.indexOf('/') + 1);

/** Lists the models in the order of the caller's usable keys, each once; calls no provider, opens no key. */
export const createListModels =
  ({ keys, now }: { keys: Pick<KeyStore, 'list'>; now: () => number }) =>
  async ({ ownerId, models }: Principal) => {
    const at = now();
    const usable = (await keys.list(ownerId)).filter((key) => !unusableBecause(key, at));
    const [first] = usable;
    const policies = first ? POLICIES.map((policy) => byPolicy(policy, first)) : [];
    const listed = [...usable.flatMap(modelsOf), ...policies].map((model) => [model.id, model] as const);
    const all = [...new Map(listed).values()];
    // A personal access token may be limited to some; a policy may choose any.
    return models ? all.filter(({ id }) => models.includes(id) || models.includes(withoutProvider(id))) : all;
  };
