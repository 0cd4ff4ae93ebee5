import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { parseKeyId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { CATALOG, checkKeyFormat, isUpstreamProvider, keyOriginOf } from '#shared/providers/catalog.ts';
import type { ProviderOrigins } from '#shared/providers/origins.ts';
import type { RotateKeyBody } from '#shared/vault/api.ts';
import type { RotateKey } from '#shared/vault/rotate.ts';

import { type CallFacts, type KeyValidation, validationText } from './key-validation.ts';

type Ports = {
  readonly rotate: RotateKey;
  readonly validation: Pick<KeyValidation, 'validateNew'>;
  readonly origins: ProviderOrigins;
};

/** The old value is not decrypted for a rotation. */
export const createRotateStoredKey =
  ({ rotate, validation, origins }: Ports) =>
  async (
    { ownerId }: Principal,
    { keyId, body }: { keyId: string; body: RotateKeyBody },
    call: CallFacts,
  ) => {
    const id = parseKeyId(keyId);
    if (id && isUpstreamProvider(id.provider)) {
      throw new AppError('conflict', 'A key for registered tools cannot be rotated.', {
        next_step: 'Store the new key with POST /api-keys, then delete this one.',
      });
    }
    const facts = CATALOG.find((row) => row.id === id?.provider);
    if (!facts) throw new AppError('not_found', 'Key not found.');
    const format = checkKeyFormat(facts, body.api_key);
    const origin = keyOriginOf(facts, body, origins);
    const secret = new Secret(body.api_key);
    const { summary, writes } = await rotate({
      ownerId,
      keyId,
      secret,
      origin,
      expiresAt: body.expires_at,
      validate: () => validation.validateNew(ownerId, call, { facts, secret, origin, format, target: keyId }),
    });
    const message = `The key was rotated. ${validationText(facts, summary.validation?.outcome)}`;
    return { summary, writes, message };
  };
