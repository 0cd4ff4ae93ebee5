import type { Principal } from '#shared/auth/principal.ts';
import { CATALOG, keyUrlOf } from '#shared/providers/catalog.ts';
import type { TokenEndpoints } from '#shared/providers/token-refresh.ts';
import { isExpired, type KeyStore } from '#shared/vault/stored-key.ts';

type Ports = {
  readonly keys: Pick<KeyStore, 'list'>;
  /** Providers whose tokens this stage can renew. */
  readonly endpoints: TokenEndpoints;
  readonly now: () => number;
};

/** Lists every provider, and the number of usable keys that the caller has for it. */
export const createListProviders =
  ({ keys, endpoints, now }: Ports) =>
  async ({ ownerId }: Principal) => {
    const stored = await keys.list(ownerId);
    const at = now();
    return CATALOG.map((facts) => {
      const own = stored.filter(({ provider }) => provider === facts.id);
      const usable = own.filter((key) => key.status === 'active' && !isExpired(key, at));
      return {
        name: facts.id,
        title: facts.title,
        features: facts.features,
        key_format: facts.keyFormat,
        key_page: keyUrlOf(facts).url ?? null,
        renewal: endpoints[facts.id] ? 'oauth' : facts.renewal,
        default_model: facts.defaultModel,
        your_keys: { stored: own.length, usable: usable.length },
      };
    });
  };
