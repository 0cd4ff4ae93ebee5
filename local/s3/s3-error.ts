// S3's own errors, by the codes that the SDK turns into classes.
export const STATUS_OF = {
  AccessDenied: 403,
  BadDigest: 400,
  InvalidArgument: 400,
  InvalidRequest: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchObjectLockConfiguration: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
} as const;

/** An error of S3, returned as XML. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: keyof typeof STATUS_OF;

  constructor(code: keyof typeof STATUS_OF, message: string) {
    super(message);
    this.code = code;
  }
}
