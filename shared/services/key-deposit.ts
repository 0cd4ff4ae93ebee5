import type { Principal } from '#shared/auth/principal.ts';
import { uidOf } from '#shared/auth/uid.ts';
import { kms } from '#shared/aws/kms.ts';
import { kmsFingerprint } from '#shared/aws/kms-fingerprint.ts';
import { kmsWrapper } from '#shared/aws/kms-wrapper.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { once } from '#shared/core/once.ts';
import { Secret } from '#shared/core/secret.ts';
import { checkKeyFormat, factsOf } from '#shared/providers/catalog.ts';
import { createKeyDeposit } from '#shared/vault/deposit.ts';

import { keyStore } from './key-store.ts';

const deposit = once(() =>
  createKeyDeposit({
    stage: env('STAGE'),
    keys: keyStore(),
    wrapper: kmsWrapper(kms(), env('VAULT_KEY_ARN')),
    fingerprint: kmsFingerprint(kms(), env('FINGERPRINT_KEY_ARN')),
    now: Date.now,
  }),
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

/** Needs `keys:read`, `keys:put`, `keys:seal`. Checks the format, then seals; nothing is stored until the write is committed. */
export async function depositKey(
  caller: Principal,
  request: { provider: string; api_key: string; user_id?: string | undefined; label?: string | undefined },
) {
  const uid = ownerOf(caller, request.user_id);
  const facts = factsOf(request.provider);
  checkKeyFormat(facts, request.api_key);
  const secret = new Secret(request.api_key);
  const deposited = await deposit().deposit({ uid, provider: facts.id, secret, label: request.label });
  return { ...deposited, facts, onBehalf: uid === caller.uid ? undefined : uid };
}
