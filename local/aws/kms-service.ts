// KMS behind the front door: it authorises by itself, for only it knows which key a ciphertext names.
import type { Kms } from '#local/kms/kms.ts';

import { jsonAnswer, jsonOf, refusal, type Service } from './service.ts';

export function createKmsService(kms: Kms): Service {
  return async ({ operation, accessKeyId, body, authorised }) => {
    const input = jsonOf(body);
    const untouched = { resources: [], allowed: true };
    if (input === undefined)
      return { answer: refusal({ status: 400, type: 'SerializationException' }), ...untouched };
    let seen: {
      resources: readonly string[];
      allowed: boolean;
      encryptionContext?: Readonly<Record<string, string>>;
    } = untouched;
    const answer = await authorised(async () => {
      const {
        status,
        body: reply,
        keyArns,
        allowed,
        encryptionContext,
      } = await kms.handle(operation, input, {
        accessKeyId,
      });
      seen = { resources: keyArns, allowed, ...(encryptionContext && { encryptionContext }) };
      return jsonAnswer(status, reply);
    });
    return { answer, ...seen };
  };
}
