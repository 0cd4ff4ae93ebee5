// The codec's KeyWrapper on AWS KMS. KMS checks the encryption context itself and rejects a wrong one.
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';

import { AppError } from '#shared/core/errors.ts';
import type { KeyWrapper } from '#shared/crypto/key-wrapper.ts';

import { asking } from './kms-errors.ts';

/** @param masterKeyArn the CMK that wraps new data keys; decryption uses the CMK of each record */
export function kmsWrapper(client: KMSClient, masterKeyArn: string): KeyWrapper {
  return {
    async generate(context) {
      const command = new GenerateDataKeyCommand({
        KeyId: masterKeyArn,
        KeySpec: 'AES_256',
        EncryptionContext: context,
      });
      const { Plaintext, CiphertextBlob, KeyId } = await asking(client.send(command));
      if (!Plaintext || !CiphertextBlob || !KeyId) throw new AppError('kms_unavailable');
      return { plaintext: Plaintext, wrapped: CiphertextBlob, keyArn: KeyId };
    },

    async unwrap({ wrapped, keyArn, context }) {
      const command = new DecryptCommand({
        KeyId: keyArn,
        CiphertextBlob: wrapped,
        EncryptionContext: context,
      });
      const { Plaintext } = await asking(client.send(command));
      if (!Plaintext) throw new AppError('kms_unavailable');
      return Plaintext;
    },
  };
}
