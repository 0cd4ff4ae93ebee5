// The vault's Rewrapper on KMS ReEncrypt: the data key changes its CMK without leaving KMS.
import { type KMSClient, ReEncryptCommand } from '@aws-sdk/client-kms';

import { AppError } from '#shared/core/errors.ts';
import type { Rewrapper } from '#shared/vault/rewrap.ts';

import { asking } from './kms-errors.ts';

export function kmsRewrapper(client: KMSClient, to: string): Rewrapper {
  return async ({ wrapped, keyArn, context }) => {
    const command = new ReEncryptCommand({
      CiphertextBlob: wrapped,
      SourceKeyId: keyArn,
      SourceEncryptionContext: context,
      DestinationKeyId: to,
      DestinationEncryptionContext: context,
    });
    const { CiphertextBlob, KeyId } = await asking(client.send(command));
    if (!CiphertextBlob || !KeyId) throw new AppError('kms_unavailable');
    return { wrapped: CiphertextBlob, keyArn: KeyId };
  };
}
