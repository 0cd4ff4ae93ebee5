import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { Secret } from '#shared/core/secret.ts';
import { factsOf } from '#shared/providers/catalog.ts';
import type { ConnectKeyBody } from '#shared/vault/api.ts';

import { deposit } from './key-deposit.ts';
import { type CallFacts, validateNew, wordsOf } from './key-validation.ts';
import { tokenEndpoints } from './token-endpoints.ts';

/**
 * Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `renewal:know`, `audit:write`. Stores a credential that
 * renews itself; nothing is stored until the write is committed.
 * @throws {AppError} `invalid_input` where this stage knows no token endpoint for the provider
 */
export async function connectKey(caller: Principal, body: ConnectKeyBody, call: CallFacts) {
  const facts = factsOf(body.provider);
  if (!tokenEndpoints()[facts.id]) {
    throw new AppError('invalid_input', `Tokens of ${facts.title} cannot be renewed here.`, {
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
    tokens: {
      refreshToken: new Secret(body.refresh_token),
      tokenUntil: new Date(Date.now() + body.expires_in * 1000).toISOString(),
    },
    validate: () => validateNew(caller.uid, call, { facts, secret }),
  });
  return {
    summary,
    writes: [write],
    message: `Your ${facts.title} credential is stored and renews itself. ${wordsOf(facts, summary.validation?.outcome)}`,
  };
}
