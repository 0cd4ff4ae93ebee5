// KMS behind the AWS endpoint. KMS authorises the call itself: only it can read the key id in a ciphertext.
import type { Kms } from '#local/kms/kms.ts';

import { jsonResponse, parseJson, awsError, type Service } from './aws-service.ts';

export function createKmsService(kms: Kms): Service {
  return async ({ operation, accessKeyId, body, authorised }) => {
    const input = parseJson(body);
    const untouched = { resources: [], allowed: true };
    if (input === undefined)
      return { answer: awsError({ status: 400, type: 'SerializationException' }), ...untouched };
    let outcome: {
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
      outcome = { resources: keyArns, allowed, ...(encryptionContext && { encryptionContext }) };
      return jsonResponse(status, reply);
    });
    return { answer, ...outcome };
  };
}
