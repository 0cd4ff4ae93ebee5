// AWS's own Encryption SDK and our codec, over one key service.
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
} from '@aws-crypto/client-node';
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { open, seal } from '#shared/crypto/message.ts';

import { createFakeKms, KEY_ARN } from './fake-kms.ts';

export const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
export const official = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 1,
});

export const kms = createFakeKms();
export const keyring = new KmsKeyringNode({
  clientProvider: () => kms.client as never,
  generatorKeyId: KEY_ARN,
});

/** Lengths from 1 to a whole frame, contexts of several shapes. */
const casesOf = (rounds: number) =>
  Array.from({ length: rounds }, (_, n) => ({
    plaintext: randomBytes(n % 5 === 0 ? 1 + ((n * 90) % 4096) : 1 + ((n * 7) % 4096)),
    context: {
      app: 'portunus',
      kid: `k${n}`,
      ...(n % 2 ? { Zone: 'upper-case-first', version: String(n) } : {}),
    },
  }));

/** @returns how many of ours the official SDK read as we wrote them */
export async function officialOpensOurs(rounds: number): Promise<number> {
  let read = 0;
  for (const { plaintext, context } of casesOf(rounds)) {
    const { blob } = await seal({ context, plaintext, wrapper: kms.wrapper });
    const { plaintext: opened, messageHeader } = await official.decrypt(keyring, blob);
    const same = isDeepStrictEqual({ ...messageHeader.encryptionContext }, context);
    if (same && messageHeader.suiteId === suiteId && opened.equals(plaintext)) read += 1;
  }
  return read;
}

/** @returns how many of the official SDK's we read as it wrote them */
export async function weOpenTheOfficial(rounds: number): Promise<number> {
  let read = 0;
  for (const { plaintext, context } of casesOf(rounds)) {
    const { result } = await official.encrypt(keyring, plaintext, {
      suiteId,
      frameLength: 4096,
      encryptionContext: context,
    });
    const opened = await open({ blob: result, context, allowedKeyArns: [KEY_ARN], wrapper: kms.wrapper });
    if (plaintext.equals(opened)) read += 1;
  }
  return read;
}
