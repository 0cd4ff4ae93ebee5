// A KMS key as the template declares it.
export type Key = {
  readonly id: string;
  readonly arn: string;
  readonly policy: object;
  readonly spec: 'SYMMETRIC_DEFAULT' | 'HMAC_256' | 'ECC_NIST_P256';
  readonly usage: 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'SIGN_VERIFY';
  readonly rotationDays: number | undefined;
};
