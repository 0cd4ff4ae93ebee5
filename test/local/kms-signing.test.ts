import { createPublicKey, verify } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { create, createRole, site, startDataPlane } from './data-plane.ts';

const KeyPolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${site.account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
};

const sign = (key: string, Message = Buffer.from('text')) =>
  new SignCommand({ KeyId: key, Message, SigningAlgorithm: 'ECDSA_SHA_256' });

describe('a signing key of the local KMS', () => {
  let plane: Awaited<ReturnType<typeof startDataPlane>>;
  let KeyId = '';
  let macKey = '';
  let made = 0;
  beforeAll(async () => {
    plane = await startDataPlane('dynoxide');
    const signing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', KeyPolicy };
    ({ arn: KeyId } = await create(plane.types, 'AWS::KMS::Key', signing, 'Signing'));
    const mac = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', KeyPolicy };
    ({ arn: macKey } = await create(plane.types, 'AWS::KMS::Key', mac, 'Mac'));
  });
  afterAll(() => plane.stop());

  async function actingAs(...Action: string[]) {
    made += 1;
    const statement = { Effect: 'Allow', Action, Resource: [KeyId, macKey] };
    const arn = await createRole(plane.types, `Signer${made}`, statement);
    const credentials = plane.iam.credentialsFor(arn, `fn${made}`);
    return new KMSClient({
      endpoint: plane.awsEndpoint.url,
      region: site.region,
      credentials,
      maxAttempts: 1,
    });
  }
  it('signs with ECDSA over SHA-256, as its public key verifies', async () => {
    const kms = await actingAs('kms:Sign', 'kms:GetPublicKey');
    const { Signature } = await kms.send(sign(KeyId));
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
    expect(verify('sha256', Buffer.from('text'), key, Signature ?? Buffer.alloc(0))).toBe(true);
  });

  it('refuses a caller without permission, a longer message than KMS takes, and a key of another usage', async () => {
    const kms = await actingAs('kms:Sign');
    await expect(kms.send(new GetPublicKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(kms.send(sign(KeyId, Buffer.alloc(4097)))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(kms.send(sign(macKey))).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });

  it.each([
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' },
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', EnableKeyRotation: true },
  ])('fails the start with %o', async (properties) => {
    await expect(create(plane.types, 'AWS::KMS::Key', properties, 'Odd')).rejects.toThrow('KMS key Test/Odd');
  });
});
