// Operations of signing keys.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

import { assertUsable, type Operations, type Parts } from './kms-call.ts';
import type { Key } from './kms-key.ts';

export function signOperations({ keys, material }: Parts): Pick<Operations, 'GetPublicKey' | 'Sign'> {
  const privateKey = (key: Key) =>
    createPrivateKey({ key: material.current(key).bytes, format: 'der', type: 'pkcs8' });

  return {
    Sign({ KeyId, Message, MessageType, SigningAlgorithm }, call) {
      const key = keys.find(KeyId);
      const context = { 'kms:SigningAlgorithm': SigningAlgorithm, 'kms:MessageType': MessageType };
      call.authorize(key, 'kms:Sign', context);
      assertUsable(material, key, { usage: 'SIGN_VERIFY', operation: 'Sign' });
      const signature = sign('sha256', Message, { key: privateKey(key), dsaEncoding: 'der' });
      return { KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm };
    },

    GetPublicKey({ KeyId }, call) {
      const key = keys.find(KeyId);
      call.authorize(key, 'kms:GetPublicKey', {});
      assertUsable(material, key, { usage: 'SIGN_VERIFY', operation: 'GetPublicKey' });
      const spki = createPublicKey(privateKey(key)).export({ format: 'der', type: 'spki' });
      return {
        KeyId: key.arn,
        PublicKey: spki.toString('base64'),
        KeySpec: key.spec,
        KeyUsage: key.usage,
        SigningAlgorithms: ['ECDSA_SHA_256'],
      };
    },
  };
}
