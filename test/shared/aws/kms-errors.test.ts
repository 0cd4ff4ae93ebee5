import { expect, it } from 'vitest';

import { asking } from '#shared/aws/kms-errors.ts';
import { ERRORS } from '#shared/core/errors.ts';

const CANARY = 'arn:aws:kms:eu-central-1:000000000000:key/canary';

it.each([
  ['InvalidCiphertextException', 'integrity_failed'],
  ['IncorrectKeyException', 'integrity_failed'],
  ['AccessDeniedException', 'kms_denied'],
  ['DisabledException', 'kms_denied'],
  ['KMSInvalidStateException', 'kms_denied'],
  ['KeyUnavailableException', 'kms_denied'],
  ['NotFoundException', 'kms_denied'],
  ['InvalidKeyUsageException', 'kms_denied'],
  ['ThrottlingException', 'kms_unavailable'],
  ['KMSInternalException', 'kms_unavailable'],
  ['DependencyTimeoutException', 'kms_unavailable'],
  ['TimeoutError', 'kms_unavailable'],
] as const)('%s of KMS is %s, in words of our own', async (name, code) => {
  const foreign = Object.assign(new Error(CANARY), { name, $metadata: { requestId: CANARY } });
  const error: unknown = await asking(Promise.reject(foreign)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, message: `${ERRORS[code][1]}.` });
  expect(error).not.toHaveProperty('cause');
  expect(JSON.stringify(error)).not.toContain('canary');
});

it('an answer of KMS is handed on', async () => {
  expect(await asking(Promise.resolve(1))).toBe(1);
});
