// Signer of checkpoints on a KMS key of the spec ECC_NIST_P256: the private key never leaves KMS.
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';

import type { Signer } from '#shared/audit/sealing.ts';
import { AppError } from '#shared/core/errors.ts';

import { asking } from './kms-errors.ts';

export function kmsSigner(client: KMSClient, KeyId: string): Signer {
  let publicKey: Buffer | undefined;
  return {
    async sign(text) {
      const command = new SignCommand({
        KeyId,
        Message: Buffer.from(text),
        SigningAlgorithm: 'ECDSA_SHA_256',
      });
      const { Signature } = await asking(client.send(command));
      if (!Signature) throw new AppError('kms_unavailable');
      return Buffer.from(Signature);
    },

    async publicKey() {
      if (publicKey) return publicKey;
      const { PublicKey } = await asking(client.send(new GetPublicKeyCommand({ KeyId })));
      if (!PublicKey) throw new AppError('kms_unavailable');
      publicKey = Buffer.from(PublicKey);
      return publicKey;
    },
  };
}
