// Operations of symmetric encryption keys.
import { randomBytes } from 'node:crypto';

import { type Call, type Operations, type Parts, assertUsable } from './kms-call.ts';
import { open, parse, seal } from './ciphertext.ts';
import { conditionKeys, type EncryptionContext } from './encryption-context.ts';
import type { Key } from './kms-key.ts';
import { KmsError } from './kms-error.ts';

const EncryptionAlgorithm = 'SYMMETRIC_DEFAULT';

type Named = 'Encrypt' | 'Decrypt' | 'ReEncrypt' | 'GenerateDataKey';
type Sealed = {
  action: 'Decrypt' | 'ReEncryptFrom';
  keyId: string | undefined;
  blob: Buffer;
  context: EncryptionContext;
};

export function cipherOperations({ keys, material }: Parts): Pick<Operations, Named> {
  function permitted(call: Call, use: { key: Key; operation: string; context: EncryptionContext }): void {
    call.authorize(use.key, `kms:${use.operation}`, conditionKeys(use.context));
    assertUsable(material, use.key, { usage: 'ENCRYPT_DECRYPT', operation: use.operation });
  }

  const encrypt = (key: Key, plaintext: Uint8Array, context: EncryptionContext) =>
    seal({ keyId: key.id, material: material.current(key), context, plaintext }).toString('base64');

  function decrypt(call: Call, { action, keyId, blob, context }: Sealed) {
    const named = keyId === undefined ? undefined : keys.find(keyId);
    const envelope = parse(blob);
    const key = named ?? keys.byId(envelope.keyId);
    if (!key) throw new KmsError('InvalidCiphertextException');
    permitted(call, { key, operation: action, context });
    if (envelope.keyId !== key.id) {
      const text = 'The key ID in the request does not identify a CMK that can perform this operation.';
      throw new KmsError('IncorrectKeyException', text);
    }
    return { key, plaintext: open(envelope, material.ofVersion(key, envelope.version), context) };
  }

  return {
    Encrypt({ KeyId, Plaintext, EncryptionContext: context }, call) {
      const key = keys.find(KeyId);
      permitted(call, { key, operation: 'Encrypt', context });
      return { KeyId: key.arn, CiphertextBlob: encrypt(key, Plaintext, context), EncryptionAlgorithm };
    },
    Decrypt({ CiphertextBlob: blob, KeyId: keyId, EncryptionContext: context }, call) {
      const { key, plaintext } = decrypt(call, { action: 'Decrypt', keyId, blob, context });
      return { KeyId: key.arn, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm };
    },
    ReEncrypt(request, call) {
      const { CiphertextBlob: blob, SourceKeyId: keyId, SourceEncryptionContext: context } = request;
      const source = decrypt(call, { action: 'ReEncryptFrom', keyId, blob, context });
      const key = keys.find(request.DestinationKeyId);
      permitted(call, { key, operation: 'ReEncryptTo', context: request.DestinationEncryptionContext });
      return {
        CiphertextBlob: encrypt(key, source.plaintext, request.DestinationEncryptionContext),
        SourceKeyId: source.key.arn,
        KeyId: key.arn,
        SourceEncryptionAlgorithm: EncryptionAlgorithm,
        DestinationEncryptionAlgorithm: EncryptionAlgorithm,
      };
    },
    GenerateDataKey({ KeyId, EncryptionContext: context }, call) {
      const key = keys.find(KeyId);
      permitted(call, { key, operation: 'GenerateDataKey', context });
      const plaintext = randomBytes(32);
      return {
        KeyId: key.arn,
        CiphertextBlob: encrypt(key, plaintext, context),
        Plaintext: plaintext.toString('base64'),
      };
    },
  };
}
