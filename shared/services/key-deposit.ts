import type { Principal } from '#shared/auth/principal.ts';
import { uidOf } from '#shared/auth/uid.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { once } from '#shared/core/once.ts';
import { Secret } from '#shared/core/secret.ts';
import { checkKeyFormat, factsOf, isUpstreamProvider, keyOriginOf } from '#shared/providers/catalog.ts';
import type { StoreKeyBody } from '#shared/vault/api.ts';
import { createKeyDeposit } from '#shared/vault/deposit.ts';

import { fingerprint, sealKey } from './key-seal.ts';
import { keyStore } from './key-store.ts';
import { type CallFacts, validateNew, wordsOf } from './key-validation.ts';

/** Needs `keys:read`, `keys:seal`. */
export const deposit = once(() =>
  createKeyDeposit({ keys: keyStore(), seal: sealKey(), fingerprint: fingerprint(), now: Date.now }),
);

/** Whose key it will be: the caller's own, unless an admin names another user of the same issuer. */
function ownerOf(caller: Principal, userId: string | undefined): Uid {
  if (userId === undefined || userId === caller.subject) return caller.uid;
  if (!caller.roles.includes('admin') || !caller.scopes.includes('admin:write')) {
    throw new AppError('forbidden', 'You may store keys for yourself only.', {
      next_step: 'Leave user_id out, or sign in as an admin.',
    });
  }
  return uidOf(caller.issuer, userId);
}

/** A key for registered tools goes where its owner says when it is stored, and nowhere else; other keys have their provider. */
function checkOrigin({ provider, origin }: StoreKeyBody): void {
  const wanted = isUpstreamProvider(provider);
  if (wanted === (origin !== undefined)) return;
  throw new AppError('invalid_input', undefined, {
    issues: [
      {
        path: 'body.origin',
        message: wanted ? 'must say where this key may be sent' : 'is for x-… keys alone',
      },
    ],
  });
}

/**
 * Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `audit:write`. Checks the format, asks the provider, then
 * seals; nothing is stored until the write is committed.
 */
export async function depositKey(caller: Principal, request: StoreKeyBody, call: CallFacts) {
  const uid = ownerOf(caller, request.user_id);
  const facts = factsOf(request.provider);
  checkOrigin(request);
  checkKeyFormat(facts, request.api_key);
  const origin = request.origin ?? keyOriginOf(facts, request.base_url);
  const secret = new Secret(request.api_key);
  const { summary, write } = await deposit().deposit({
    uid,
    provider: facts.id,
    secret,
    origin,
    label: request.label,
    expiresAt: request.expires_at,
    validate: async () =>
      request.origin === undefined ? validateNew(caller.uid, call, { facts, secret, origin }) : undefined,
  });
  return {
    summary,
    writes: [write],
    message: `Your ${facts.title} key is stored. ${wordsOf(facts, summary.validation?.outcome)}`,
    onBehalf: uid === caller.uid ? undefined : uid,
  };
}
