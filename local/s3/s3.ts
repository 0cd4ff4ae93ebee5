// Amazon S3: the template's buckets with versions, Object Lock and conditional writes.
import { join } from 'node:path';

import * as z from 'zod';

import type { ResourceRequest, ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';

import { createObjectStore, type ObjectStore } from './object-store.ts';

const LABEL = 'documentation';
const Flag = z.union([z.boolean(), z.stringbool()]);

const BucketProperties = z.object({
  BucketName: z.string().optional(),
  ObjectLockEnabled: Flag.default(false),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
});

/** The one policy that has no effect on loopback: plain HTTP is denied. */
const TlsOnly = z.strictObject({
  Version: z.string(),
  Statement: z.array(
    z.strictObject({
      Effect: z.literal('Deny'),
      Principal: z.unknown(),
      Action: z.unknown(),
      Resource: z.unknown(),
      Condition: z.strictObject({ Bool: z.strictObject({ 'aws:SecureTransport': z.literal('false') }) }),
    }),
  ),
});
const PolicyProperties = z.strictObject({ Bucket: z.string(), PolicyDocument: TlsOnly });

export type Bucket = {
  readonly name: string;
  readonly hasObjectLock: boolean;
  readonly objects: ObjectStore;
};

export type S3 = {
  readonly types: ResourceTypes;
  readonly bucket: (name: string) => Bucket | undefined;
  readonly buckets: () => readonly Bucket[];
};

export function createS3({ folder, site }: { folder: string; site: Site }): S3 {
  const buckets = new Map<string, Bucket>();

  function createBucket({ stack, logicalId, physicalName, properties }: ResourceRequest) {
    const parsed = BucketProperties.safeParse(properties);
    if (!parsed.success) throw new Error(`Bucket ${stack}/${logicalId}: ${z.prettifyError(parsed.error)}`);
    const { BucketName, ObjectLockEnabled, VersioningConfiguration } = parsed.data;
    if (VersioningConfiguration?.Status !== 'Enabled') {
      throw new Error(`Bucket ${stack}/${logicalId}: only versioned buckets are supported`);
    }
    const name = BucketName ?? physicalName.toLowerCase();
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new Error(`Invalid bucket name: ${name}`);
    const objects = createObjectStore(join(folder, 's3', name));
    buckets.set(name, { name, hasObjectLock: ObjectLockEnabled, objects });
    const domain = `${name}.s3.${site.region}.amazonaws.com`;
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, RegionalDomainName: domain } };
  }

  const types: ResourceTypes = {
    'AWS::S3::Bucket': {
      honours: Object.keys(BucketProperties.shape),
      ignores: {
        BucketEncryption: 'no encryption at rest',
        LifecycleConfiguration: 'a local stack keeps all versions',
        OwnershipControls: 'one account, no ACLs',
        PublicAccessBlockConfiguration: 'reached by signed calls of roles alone',
        Tags: LABEL,
      },
      create: createBucket,
    },
    'AWS::S3::BucketPolicy': { honours: ['Bucket', 'PolicyDocument'], create: createPolicy },
  };
  return { types, bucket: (name) => buckets.get(name), buckets: () => [...buckets.values()] };
}

function createPolicy({ stack, logicalId, properties }: ResourceRequest) {
  const parsed = PolicyProperties.safeParse(properties);
  if (!parsed.success)
    throw new Error(`Bucket policy ${stack}/${logicalId}: ${z.prettifyError(parsed.error)}`);
  return { ref: parsed.data.Bucket };
}
