import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, ProviderId } from '#shared/core/ids.ts';
import type { KeyUse } from '#shared/vault/use.ts';

import { type Credentials, providerOf } from './ports.ts';

/** The origin is sealed with the key: neither a row of the registry nor its author can send it elsewhere. */
export const createCredentials = (vault: KeyUse): Credentials => ({
  async use({ owner, alias, origin, onUse }) {
    const provider = ProviderId.parse(providerOf(alias));
    const [key] = await vault.candidates(owner, provider);
    if (!key) throw await whyNone({ provider, alias, origin }, () => vault.whyNone(owner, provider));
    onUse({ provider, kid: key.kid, ver: key.ver });
    const frame = await key.open();
    if (frame.origin === origin) return frame.secret;
    throw new AppError('wrong_provider', `Your key for ${alias} was stored for another origin.`, {
      provider,
      next_step: `Store one with POST /api-keys, "provider": "${provider}", "origin": "${origin}".`,
    });
  },
});

async function whyNone(
  { provider, alias, origin }: { provider: ProviderId; alias: string; origin: string },
  ask: () => ReturnType<KeyUse['whyNone']>,
): Promise<AppError> {
  const key = await ask();
  if (!key) {
    return new AppError('key_missing', `You have no key for ${alias}.`, {
      provider,
      next_step: `Store one with POST /api-keys {"provider": "${provider}", "origin": "${origin}", "api_key": "…"}.`,
    });
  }
  return new AppError(`key_${key.because}`, `Your key for ${alias} cannot be used: it is ${key.because}.`, {
    provider,
    key_id: keyIdOf(key.provider, key.kid),
    next_step: 'Unfreeze it, or store another with POST /api-keys.',
  });
}
