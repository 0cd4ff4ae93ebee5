// A key service in memory that binds each wrapped key to its master key and context, as the real one does. It
// is both our port and the client that the official library wants.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import type { EncryptionContext, KeyWrapper } from '#shared/crypto/key-wrapper.ts';

export const KEY_ARN = 'arn:aws:kms:eu-central-1:000000000000:key/11111111-2222-3333-4444-555555555555';
export const OTHER_ARN = 'arn:aws:kms:eu-central-1:000000000000:key/66666666-7777-8888-9999-000000000000';

const covers = (context: EncryptionContext, keyArn: string) =>
  Buffer.from(JSON.stringify([keyArn, Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))]));

export function createFakeKms(keyArn = KEY_ARN) {
  const master = randomBytes(32);
  const calls: string[] = [];
  const handedOut: Uint8Array[] = [];

  function wrap(plaintext: Uint8Array, context: EncryptionContext): Uint8Array {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', master, iv, { authTagLength: 16 });
    cipher.setAAD(covers(context, keyArn));
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  function unwrap(wrapped: Uint8Array, asked: { context: EncryptionContext; keyArn: string }): Uint8Array {
    const decipher = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(covers(asked.context, asked.keyArn));
    decipher.setAuthTag(wrapped.subarray(-16));
    return new Uint8Array(Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]));
  }

  const wrapper: KeyWrapper = {
    generate: async (context) => {
      calls.push('generate');
      const plaintext = new Uint8Array(randomBytes(32));
      handedOut.push(plaintext);
      return { plaintext, wrapped: wrap(plaintext, context), keyArn };
    },
    unwrap: async ({ wrapped, keyArn: asked, context }) => {
      calls.push('unwrap');
      if (asked !== keyArn) throw new Error('NotFoundException');
      const plaintext = unwrap(wrapped, { context, keyArn });
      handedOut.push(plaintext);
      return plaintext;
    },
  };

  type Input = { EncryptionContext: EncryptionContext; CiphertextBlob: Uint8Array; Plaintext: Uint8Array };
  const client = {
    generateDataKey: async ({ EncryptionContext: context }: Pick<Input, 'EncryptionContext'>) => {
      const Plaintext = new Uint8Array(randomBytes(32));
      return { KeyId: keyArn, Plaintext, CiphertextBlob: wrap(Plaintext, context) };
    },
    encrypt: async ({ EncryptionContext: context, Plaintext }: Input) => ({
      KeyId: keyArn,
      CiphertextBlob: wrap(Plaintext, context),
    }),
    decrypt: async ({ EncryptionContext: context, CiphertextBlob }: Input) => ({
      KeyId: keyArn,
      Plaintext: unwrap(CiphertextBlob, { context, keyArn }),
    }),
  };

  return { wrapper, client, calls, handedOut, wrap };
}
