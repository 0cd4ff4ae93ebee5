// A KMS key as the template declares it.
export type Key = {
  readonly id: string;
  readonly arn: string;
  readonly policy: object;
  readonly spec: 'SYMMETRIC_DEFAULT' | 'HMAC_256';
  readonly usage: 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC';
  readonly rotationDays: number | undefined;
};
