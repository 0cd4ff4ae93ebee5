import type { Principal } from '#shared/auth/principal.ts';
import { CATALOG, keyUrlOf } from '#shared/providers/catalog.ts';
import { isExpired } from '#shared/vault/stored-key.ts';

import { keyStore } from './key-store.ts';
import { tokenEndpoints } from './token-endpoints.ts';

/** Needs `keys:read`, `renewal-endpoints:read`. Every provider, and how many usable keys the caller has for it. */
export async function listProviders({ uid }: Principal) {
  const keys = await keyStore().list(uid);
  const endpoints = tokenEndpoints();
  const now = Date.now();
  return CATALOG.map((facts) => {
    const own = keys.filter(({ provider }) => provider === facts.id);
    const usable = own.filter((key) => key.status === 'active' && !isExpired(key, now));
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
}
