// KMS's own errors, by the names the SDK turns into classes.

export const STATUS_OF = {
  AccessDeniedException: 400,
  AlreadyExistsException: 400,
  DisabledException: 400,
  IncorrectKeyException: 400,
  InvalidCiphertextException: 400,
  InvalidKeyUsageException: 400,
  KMSInvalidMacException: 400,
  KMSInvalidStateException: 400,
  NotFoundException: 400,
  SerializationException: 400,
  UnknownOperationException: 400,
  UnsupportedOperationException: 400,
  ValidationException: 400,
  KMSInternalException: 500,
} as const;

/** An error of KMS, returned as `{ __type, message }`. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
  readonly type: keyof typeof STATUS_OF;

  constructor(type: keyof typeof STATUS_OF, message = '') {
    super(message);
    this.type = type;
  }
}
