import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, ProviderId } from '#shared/core/ids.ts';
import { createKeySteps, type KeyHealth, type KeyValue } from '#shared/providers/failover.ts';
import type { Verdict } from '#shared/providers/provider-error.ts';
import type { Candidate, UsableKeys } from '#shared/vault/usable-keys.ts';

import { type Credentials, type CredentialUse, upstreamProvider, type Work } from './ports.ts';

/** The upstream does not know the credential, so nothing was done with it. By 403 it may mean something else. */
const isRejection = (error: unknown): error is AppError =>
  error instanceof AppError && error.code === 'key_rejected' && error.details['upstream_status'] === 401;

/** Asked once with one value. The origin is sealed with it: neither a row of the registry nor its author can send it elsewhere. */
async function askedWith<T>(
  { provider, kid, version, open }: KeyValue,
  { alias, origin, onUse }: CredentialUse,
  work: Work<T>,
): Promise<T> {
  onUse({ provider, kid, version });
  const frame = await open();
  if (frame.origin === origin) return work(frame.secret);
  throw new AppError('wrong_provider', `The stored key for ${alias} belongs to another origin.`, {
    provider,
    next_step: `Store a key with POST /api-keys, "provider": "${provider}", "origin": "${origin}".`,
  });
}

const signInAgain = ({ provider, kid }: Candidate, alias: string) =>
  new AppError('key_rejected', `The upstream ${alias} rejected the credential, and its renewal failed.`, {
    provider,
    upstream_status: 401,
    key_id: keyIdOf(provider, kid),
    next_step: `Sign in there again and store the new tokens with POST /api-keys/oauth, "provider": "${provider}".`,
  });

/** @param ports.now for access tokens, which lapse */
export function createCredentials({
  vault,
  health,
  now,
}: {
  vault: UsableKeys;
  health: KeyHealth;
  now: () => number;
}): Credentials {
  /** Renewed before it lapses, and once when it is rejected all the same. */
  async function renewing<T>(key: Candidate, request: CredentialUse, work: Work<T>): Promise<T> {
    const { owner } = request;
    const attempt = async (value: KeyValue): Promise<Verdict<T>> => {
      try {
        return { kind: 'answered', value: await askedWith(value, request, work) };
      } catch (error) {
        if (isRejection(error)) return { kind: 'key_rejected', error };
        throw error;
      }
    };
    const reread = async () =>
      (await vault.candidates(owner, key.provider)).find(({ kid }) => kid === key.kid);
    const outcome = await createKeySteps({ attempt, reread, health, call: request, now })(key);
    if (outcome.kind === 'answered') return outcome.value;
    throw signInAgain(key, request.alias);
  }

  return {
    async use(request, work) {
      const { owner, alias } = request;
      const provider = ProviderId.parse(upstreamProvider(alias));
      const [key] = await vault.candidates(owner, provider);
      if (!key) throw await whyNone(provider, request, () => vault.whyNone(owner, provider));
      return key.renewBy === undefined ? askedWith(key, request, work) : renewing(key, request, work);
    },
  };
}

async function whyNone(
  provider: ProviderId,
  { alias, origin }: CredentialUse,
  ask: () => ReturnType<UsableKeys['whyNone']>,
): Promise<AppError> {
  const key = await ask();
  if (!key) {
    return new AppError('key_missing', `No key stored for ${alias}.`, {
      provider,
      next_step: `Store a key with POST /api-keys {"provider": "${provider}", "origin": "${origin}", "api_key": "…"}.`,
    });
  }
  return new AppError(`key_${key.because}`, `The stored key for ${alias} is ${key.because}.`, {
    provider,
    key_id: keyIdOf(key.provider, key.kid),
    next_step:
      key.because === 'invalid' // of those alone that could be renewed and no longer can
        ? 'Sign in there again and store the new tokens with POST /api-keys/oauth.'
        : 'Unfreeze the key, or store another with POST /api-keys.',
  });
}
