// The judge: AWS's own Encryption SDK opens ours, and we open its.
import { AlgorithmSuiteIdentifier } from '@aws-crypto/client-node';
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';

import { open } from '#shared/crypto/message.ts';

import { KEY_ARN } from './fake-kms.ts';
import { keyring, kms, official, officialOpensOurs, suiteId, weOpenTheOfficial } from './interop.ts';

const ROUNDS = 50; // 1,000 in test/long

it(`opens ${ROUNDS} of ours with the official SDK, and as many of its with ours`, async () => {
  expect(await officialOpensOurs(ROUNDS)).toBe(ROUNDS);
  expect(await weOpenTheOfficial(ROUNDS)).toBe(ROUNDS);
});

it('rejects what the official SDK writes outside our profile', async () => {
  const context = { app: 'portunus' };
  const signed = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384;
  const others = [
    { suiteId: signed, frameLength: 4096 },
    { suiteId, frameLength: 1024 },
    { suiteId, frameLength: 16 },
  ];
  for (const options of others) {
    const { result } = await official.encrypt(keyring, randomBytes(100), {
      ...options,
      encryptionContext: context,
    });
    const request = { blob: result, context, allowedKeyArns: [KEY_ARN], wrapper: kms.wrapper };
    await expect(open(request)).rejects.toMatchObject({ code: 'integrity_failed' });
  }
});
