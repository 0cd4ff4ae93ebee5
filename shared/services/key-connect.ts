import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';
import { factsOf, isUpstreamProvider } from '#shared/providers/catalog.ts';
import type { TokenEndpoints } from '#shared/providers/token-refresh.ts';
import type { ConnectKeyBody } from '#shared/vault/api.ts';
import type { KeyDeposit } from '#shared/vault/deposit.ts';
import type { TokenEndpoint } from '#shared/vault/token-set.ts';

import { type CallFacts, type KeyValidation, validationText } from './key-validation.ts';

type Ports = {
  readonly deposit: KeyDeposit['deposit'];
  readonly validation: Pick<KeyValidation, 'validateNew'>;
  /** Providers whose tokens this stage can renew. */
  readonly endpoints: TokenEndpoints;
  /** @throws {AppError} `egress_refused` for an address that no registered tool may call */
  readonly checkUrl: (url: string) => void;
  readonly now: () => number;
};

type OwnEndpoint = { readonly origin: string; readonly endpoint: TokenEndpoint };

/**
 * Destination and token endpoint of tokens for registered tools, which only their owner knows.
 * @throws {AppError} `invalid_input` naming what is missing, or what cannot be set for other keys; `egress_refused`
 */
function ownEndpoint(body: ConnectKeyBody, checkUrl: Ports['checkUrl']): OwnEndpoint | undefined {
  const { provider, origin, token_endpoint: url, client_id, resource } = body;
  const wanted = isUpstreamProvider(provider);
  const given = { origin, token_endpoint: url, client_id };
  const wrong = Object.entries({ ...given, ...(!wanted && { resource }) })
    .filter(([, value]) => wanted === (value === undefined))
    .map(([name]) => ({
      path: `body.${name}`,
      message: wanted ? 'is missing' : 'is only allowed for x-… keys',
    }));
  if (wrong.length > 0) throw new AppError('invalid_input', undefined, { issues: wrong });
  if (origin === undefined || url === undefined || client_id === undefined) return undefined;
  checkUrl(url);
  return { origin, endpoint: { url, client_id, ...(resource !== undefined && { resource }) } };
}

/**
 * Stores a credential that renews itself; nothing is stored until the write is committed.
 * @throws {AppError} `invalid_input` where this stage knows no token endpoint for the provider
 */
export const createConnectKey =
  ({ deposit, validation, endpoints, checkUrl, now }: Ports) =>
  async (caller: Principal, body: ConnectKeyBody, call: CallFacts) => {
    const facts = factsOf(body.provider);
    const own = ownEndpoint(body, checkUrl);
    if (!own && !endpoints[facts.id]) {
      throw new AppError('invalid_input', `Tokens of ${facts.title} cannot be renewed on this stage.`, {
        issues: [{ path: 'provider', message: 'has no token endpoint on this stage' }],
        next_step: 'Store an API key with POST /api-keys.',
      });
    }
    const secret = new Secret(body.access_token);
    const { summary, write } = await deposit({
      ownerId: caller.ownerId,
      provider: facts.id,
      secret,
      label: body.label,
      origin: own?.origin,
      tokens: {
        ...(own && { endpoint: own.endpoint }),
        refreshToken: new Secret(body.refresh_token),
        tokenUntil: new Date(now() + body.expires_in * 1000).toISOString(),
      },
      validate: async () =>
        own ? undefined : validation.validateNew(caller.ownerId, call, { facts, secret }),
    });
    return {
      summary,
      writes: [write],
      message: `Your ${facts.title} credential is stored and is renewed automatically. ${validationText(facts, summary.validation?.outcome)}`,
    };
  };
