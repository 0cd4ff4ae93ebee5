import { AppError } from '#shared/core/errors.ts';

/** The ciphertext does not belong to this key or context: it was moved or changed. */
const TAMPERED = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);
/** Missing permission or disabled key: retrying does not help, an operator must act. */
const DENIED = new Set([
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'NotFoundException',
  'InvalidKeyUsageException',
]);

/** Maps KMS errors by the caller's options. KMS messages are dropped: they name keys and roles. */
function kmsRejection(error: unknown): AppError {
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
    throw kmsRejection(error);
  }
}
