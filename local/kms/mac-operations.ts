// Operations of HMAC keys.
import { createHmac, timingSafeEqual } from 'node:crypto';

import { type Call, type Operations, type Parts, assertUsable } from './kms-call.ts';
import { KmsError } from './kms-error.ts';
import type { Request } from './kms-requests.ts';

export function macOperations({ keys, material }: Parts): Pick<Operations, 'GenerateMac' | 'VerifyMac'> {
  function mac(request: Request<'GenerateMac'>, call: Call, operation: string) {
    const key = keys.find(request.KeyId);
    call.authorize(key, `kms:${operation}`, { 'kms:MacAlgorithm': request.MacAlgorithm });
    assertUsable(material, key, { usage: 'GENERATE_VERIFY_MAC', operation });
    if (request.MacAlgorithm.replace('_SHA', '') !== key.spec) {
      const text = `Algorithm ${request.MacAlgorithm} is incompatible with key spec ${key.spec}.`;
      throw new KmsError('InvalidKeyUsageException', text);
    }
    const hash = request.MacAlgorithm.replace('HMAC_SHA_', 'sha');
    return { key, bytes: createHmac(hash, material.current(key).bytes).update(request.Message).digest() };
  }

  return {
    GenerateMac(request, call) {
      const { key, bytes } = mac(request, call, 'GenerateMac');
      return { KeyId: key.arn, Mac: bytes.toString('base64'), MacAlgorithm: request.MacAlgorithm };
    },
    VerifyMac(request, call) {
      const { key, bytes } = mac(request, call, 'VerifyMac');
      const same = bytes.length === request.Mac.length && timingSafeEqual(bytes, request.Mac);
      if (!same) throw new KmsError('KMSInvalidMacException');
      return { KeyId: key.arn, MacValid: true, MacAlgorithm: request.MacAlgorithm };
    },
  };
}
