// Operations of HMAC keys.
import { createHmac } from 'node:crypto';

import { assertUsable, type Operations, type Parts } from './kms-call.ts';

export function macOperations({ keys, material }: Parts): Pick<Operations, 'GenerateMac'> {
  return {
    GenerateMac({ KeyId, Message, MacAlgorithm }, call) {
      const key = keys.find(KeyId);
      call.authorize(key, 'kms:GenerateMac', { 'kms:MacAlgorithm': MacAlgorithm });
      assertUsable(material, key, { usage: 'GENERATE_VERIFY_MAC', operation: 'GenerateMac' });
      const bytes = createHmac('sha256', material.current(key).bytes).update(Message).digest();
      return { KeyId: key.arn, Mac: bytes.toString('base64'), MacAlgorithm };
    },
  };
}
