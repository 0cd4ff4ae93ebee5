// The judge: AWS's own Encryption SDK opens ours, and we open its.
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
} from '@aws-crypto/client-node';
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';

import { open, seal } from '#shared/crypto/message.ts';

import { createFakeKms, KEY_ARN } from './fake-kms.ts';

const ROUNDS = 50;
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
const { encrypt, decrypt } = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: 1,
});

const kms = createFakeKms();
const clientProvider = () => kms.client as never;
const keyring = new KmsKeyringNode({ clientProvider, generatorKeyId: KEY_ARN });

const cases = Array.from({ length: ROUNDS }, (_, n) => ({
  plaintext: randomBytes(n % 5 === 0 ? Math.min(4095, n * 90) : 1 + n * 7),
  context: { app: 'portunus', kid: `k${n}`, ...(n % 2 ? { Zone: 'upper-case-first', ver: String(n) } : {}) },
}));

it(`opens ${ROUNDS} of ours with the official SDK`, async () => {
  for (const { plaintext, context } of cases) {
    const { blob } = await seal({ context, plaintext, wrapper: kms.wrapper });
    const opened = await decrypt(keyring, blob);
    expect(opened.plaintext.equals(plaintext)).toBe(true);
    expect({ ...opened.messageHeader.encryptionContext }).toEqual(context);
    expect(opened.messageHeader.suiteId).toBe(suiteId);
  }
});

it(`opens ${ROUNDS} of the official SDK's with ours`, async () => {
  for (const { plaintext, context } of cases) {
    const { result } = await encrypt(keyring, plaintext, {
      suiteId,
      frameLength: 4096,
      encryptionContext: context,
    });
    const opened = await open({ blob: result, context, allowedKeyArns: [KEY_ARN], wrapper: kms.wrapper });
    expect(Buffer.from(opened).equals(plaintext)).toBe(true);
  }
});

it('refuses what the official SDK writes outside our profile', async () => {
  const context = { app: 'portunus' };
  const signed = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384;
  const others = [
    { suiteId: signed, frameLength: 4096 },
    { suiteId, frameLength: 1024 },
    { suiteId, frameLength: 16 },
  ];
  for (const options of others) {
    const { result } = await encrypt(keyring, randomBytes(100), { ...options, encryptionContext: context });
    const request = { blob: result, context, allowedKeyArns: [KEY_ARN], wrapper: kms.wrapper };
    await expect(open(request)).rejects.toMatchObject({ code: 'integrity_failed' });
  }
});
