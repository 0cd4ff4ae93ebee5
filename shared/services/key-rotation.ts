import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { parseKeyId } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import { Secret } from '#shared/core/secret.ts';
import { CATALOG, checkKeyFormat, isUpstreamProvider, keyOriginOf } from '#shared/providers/catalog.ts';
import type { RotateKeyBody } from '#shared/vault/api.ts';
import { createRotateKey } from '#shared/vault/rotate.ts';

import { fingerprint, sealKey } from './key-seal.ts';
import { keyStore } from './key-store.ts';
import { type CallFacts, validateNew, wordsOf } from './key-validation.ts';

const rotate = lazy(() =>
  createRotateKey({ keys: keyStore(), seal: sealKey(), fingerprint: fingerprint(), now: Date.now }),
);

/** Needs `keys:read`, `keys:put`, `keys:seal`, `providers:call`, `audit:write`. The old value is not opened for it. */
export async function rotateKey(
  { uid }: Principal,
  { keyId, body }: { keyId: string; body: RotateKeyBody },
  call: CallFacts,
) {
  const id = parseKeyId(keyId);
  if (id && isUpstreamProvider(id.provider)) {
    throw new AppError('conflict', 'A key for registered tools cannot be rotated.', {
      next_step: 'Store the new key with POST /api-keys, then delete this one.',
    });
  }
  const facts = CATALOG.find((row) => row.id === id?.provider);
  if (!facts) throw new AppError('not_found', 'Key not found.');
  const format = checkKeyFormat(facts, body.api_key);
  const origin = keyOriginOf(facts, body.base_url);
  const secret = new Secret(body.api_key);
  const { summary, writes } = await rotate()({
    uid,
    keyId,
    secret,
    origin,
    expiresAt: body.expires_at,
    validate: () => validateNew(uid, call, { facts, secret, origin, format, target: keyId }),
  });
  const message = `The key was rotated. ${wordsOf(facts, summary.validation?.outcome)}`;
  return { summary, writes, message };
}
