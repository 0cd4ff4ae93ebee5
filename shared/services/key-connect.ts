import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';
import { factsOf, isUpstreamProvider } from '#shared/providers/catalog.ts';
import type { ConnectKeyBody } from '#shared/vault/api.ts';
import type { TokenEndpoint } from '#shared/vault/token-set.ts';

import { deposit } from './key-deposit.ts';
import { type CallFacts, validateNew, wordsOf } from './key-validation.ts';
import { tokenEndpoints } from './token-endpoints.ts';
import { toolEgress } from './tool-egress.ts';

type OwnEndpoint = { readonly origin: string; readonly endpoint: TokenEndpoint };

/**
 * Destination and token endpoint of tokens for registered tools, which only their owner knows.
 * @throws {AppError} `invalid_input` naming what is missing, or what cannot be set for other keys; `egress_refused`
 */
function ownEndpointOf(body: ConnectKeyBody): OwnEndpoint | undefined {
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
  toolEgress().check(url);
  return { origin, endpoint: { url, client_id, ...(resource !== undefined && { resource }) } };
}

/**
 * Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `renewal-endpoints:read`, `tools:reach`, `audit:write`. Stores a credential that
 * renews itself; nothing is stored until the write is committed.
 * @throws {AppError} `invalid_input` where this stage knows no token endpoint for the provider
 */
export async function connectKey(caller: Principal, body: ConnectKeyBody, call: CallFacts) {
  const facts = factsOf(body.provider);
  const own = ownEndpointOf(body);
  if (!own && !tokenEndpoints()[facts.id]) {
    throw new AppError('invalid_input', `Tokens of ${facts.title} cannot be renewed on this stage.`, {
      issues: [{ path: 'provider', message: 'has no token endpoint on this stage' }],
      next_step: 'Store an API key with POST /api-keys.',
    });
  }
  const secret = new Secret(body.access_token);
  const { summary, write } = await deposit().deposit({
    uid: caller.uid,
    provider: facts.id,
    secret,
    label: body.label,
    origin: own?.origin,
    tokens: {
      ...(own && { endpoint: own.endpoint }),
      refreshToken: new Secret(body.refresh_token),
      tokenUntil: new Date(Date.now() + body.expires_in * 1000).toISOString(),
    },
    validate: async () => (own ? undefined : validateNew(caller.uid, call, { facts, secret })),
  });
  return {
    summary,
    writes: [write],
    message: `Your ${facts.title} credential is stored and is renewed automatically. ${wordsOf(facts, summary.validation?.outcome)}`,
  };
}
