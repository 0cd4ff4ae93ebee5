import { AppError } from '#shared/core/errors.ts';

/** The record does not belong to this key or context: somebody moved or changed it. */
const TAMPERED = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);
/** Our own right or the key's state: no retry will help, an operator must look. */
const DENIED = new Set([
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'NotFoundException',
  'InvalidKeyUsageException',
]);

/** KMS's errors by what the caller can do about them. Never KMS's own text: it names keys and roles. */
function kmsRefusal(error: unknown): AppError {
  const name = error instanceof Error ? error.name : '';
  if (TAMPERED.has(name)) return new AppError('integrity_failed', undefined, { reason: 'key_service' });
  if (DENIED.has(name)) return new AppError('kms_denied');
  return new AppError('kms_unavailable');
}

/** @throws {AppError} `integrity_failed`, `kms_denied`, `kms_unavailable` */
export async function asking<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw kmsRefusal(error);
  }
}
