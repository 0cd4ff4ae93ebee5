// Archive of the audit log: a bucket under Object Lock, the key that signs its checkpoints, and how long records are kept.
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';
import type { StageConfig } from './config.ts';

/** A row of the table outlives its retention by these days; the archive outlives the row. */
const GRACE_DAYS = 30;

export type AuditRetention = {
  readonly days: StageConfig['auditRetentionDays'];
  readonly lock: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number };
};

/** On a protected stage no one, not even the root user, can shorten a lock. */
export const auditRetention = ({ auditRetentionDays: days, isProtected }: StageConfig): AuditRetention => ({
  days,
  lock: {
    mode: isProtected ? 'COMPLIANCE' : 'GOVERNANCE',
    days: Math.max(...Object.values(days)) + GRACE_DAYS,
  },
});

export function auditBucket(scope: Construct): Bucket {
  const bucket = new Bucket(scope, 'AuditBucket', {
    objectLockEnabled: true, // each object is written with a retention of its own
    versioned: true,
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    lifecycleRules: [
      // The sealer's state is replaced each minute.
      { prefix: 'sealer/', noncurrentVersionExpiration: Duration.days(1) },
    ],
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  acknowledge(bucket, {
    'AwsSolutions-S1': 'CloudTrail records the calls; a bucket for access logs would need one of its own.',
  });
  return bucket;
}

export const auditKey = (scope: Construct, stage: string): Key =>
  new Key(scope, 'AuditKey', {
    alias: `alias/portunus-${stage}-audit`,
    description: 'Portunus: signs the checkpoints of the audit log',
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
