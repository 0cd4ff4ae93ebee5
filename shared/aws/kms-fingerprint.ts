// The vault's Fingerprint on KMS GenerateMac: the MAC key never leaves KMS, so guesses cannot be tested offline.
import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms';

import { AppError } from '#shared/core/errors.ts';
import type { Fingerprint } from '#shared/vault/new-value.ts';

import { asking } from './kms-errors.ts';

export function kmsFingerprint(client: KMSClient, macKeyArn: string): Fingerprint {
  return async (secret) => {
    const command = new GenerateMacCommand({
      KeyId: macKeyArn,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from(secret.reveal()),
    });
    const { Mac } = await asking(client.send(command));
    if (!Mac) throw new AppError('kms_unavailable');
    return Mac;
  };
}
