// Packs of cdk-nag for NIST 800-53 and PCI DSS. Many of their rules are written for servers in a network of one's own: a rule that the
// design does not follow is here, with the resources that may break it and the reason. The other packs acknowledge by construct: see
// deployable.test.ts.
import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';

import { synthesise } from './synthesised.ts';

type Exception = { readonly of: RegExp; readonly because: string };

const SECRETS = /-Data\/(?:Stage|IssuerKey)Secret\/Resource$/;
const STAGE_OF_API = /-Api\/api\/DeploymentStage\.\w+\/Resource$/;
const FUNCTIONS = /-(?:Api|Audit)\/[\w-]+\/Resource$/;

const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  SecretsManagerRotationEnabled: {
    of: SECRETS,
    because:
      'No service takes these secrets as passwords: a new value makes rows of a day unreadable and protects nothing else.',
  },
  SecretsManagerUsingKMSKey: {
    of: SECRETS,
    because:
      'The AWS-managed key is free, and who may read the secret is decided by its role, not by a second key policy.',
  },
  CloudWatchLogGroupEncrypted: {
    of: /\/(?:access-log|function-logs|[\w-]+-logs)\/Resource$/,
    because:
      'CloudWatch Logs encrypts every group; the lines contain no secret and no personal data that a CMK would keep from operators.',
  },
  APIGWAssociatedWithWAF: {
    of: STAGE_OF_API,
    because: 'A web ACL costs money without any call: `webAclArn` of the stage associates one.',
  },
  APIGWCacheEnabledAndEncrypted: {
    of: STAGE_OF_API,
    because:
      'The cache of the gateway would share answers between callers and runs on an always-on instance; answers are cached per owner instead.',
  },
  APIGWExecutionLoggingEnabled: {
    of: STAGE_OF_API,
    because: 'Execution logs hold headers and bodies, so tokens and keys; the access log is on.',
  },
  APIGWSSLEnabled: {
    of: STAGE_OF_API,
    because: 'A client certificate proves the gateway to another server; Lambda is called with IAM.',
  },
  IAMNoInlinePolicy: {
    of: /-role\/Resource$/,
    because:
      'Each role has exactly one function, so a policy that could be attached to others is what least privilege avoids.',
  },
  LambdaConcurrency: {
    of: FUNCTIONS,
    because:
      'A reservation takes executions from all other functions of the account: `concurrency` of the stage reserves where its operator wants it.',
  },
  LambdaDLQ: {
    of: FUNCTIONS,
    because:
      'Routes are invoked synchronously; consumers and schedules have a failure destination, which holds the error too.',
  },
  LambdaInsideVPC: {
    of: FUNCTIONS,
    because:
      'Functions call providers on the internet: a VPC would need a NAT gateway for every hour, and egress is guarded in the code.',
  },
  S3BucketLoggingEnabled: {
    of: /-Data\/AuditBucket\/Resource$/,
    because:
      'Access logs need a second bucket; who reads the exported audit trail is in CloudTrail, whose data events the account may log.',
  },
  S3BucketReplicationEnabled: {
    of: /-Data\/AuditBucket\/Resource$/,
    because:
      'Object Lock keeps every object from deletion; a copy in another Region is a choice of the account, at twice the price.',
  },
  S3DefaultEncryptionKMS: {
    of: /-Data\/AuditBucket\/Resource$/,
    because:
      'S3 encrypts every object; a CMK would put a decryption permission into every role that reads the trail.',
  },
  SNSEncryptedKMS: {
    of: /-Audit\/ops-topic\/Resource$/,
    because:
      'A line contains ids and codes, no person and no secret, and EventBridge cannot use the AWS-managed key.',
  },
};

type Finding = { readonly rule: string; readonly resource: string };

function findingsIn(scope: App | Bucket): Finding[] {
  const packs = [new NIST80053R5Checks(), new PCIDSS321Checks()];
  return packs.flatMap((pack) =>
    pack.validateScope(scope).violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({
        rule: ruleName.slice(ruleName.indexOf('-') + 1),
        resource: constructPath,
      })),
    ),
  );
}

const unexplained = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ rule, resource }) => !EXCEPTIONS[rule]?.of.test(resource));

describe('the NIST 800-53 R5 and PCI DSS 3.2.1 packs', () => {
  it.each(['dev', 'prod'])('find nothing on stage %s that has no reason here', (stage) => {
    expect(unexplained(findingsIn(synthesise({ stage }).app))).toEqual([]);
  });

  it('still find each rule that has a reason here', () => {
    const found = new Set(findingsIn(synthesise({ stage: 'prod' }).app).map(({ rule }) => rule));
    expect(found).toEqual(new Set(Object.keys(EXCEPTIONS)));
    for (const { because } of Object.values(EXCEPTIONS)) expect(because).toMatch(/^[A-Z].{40,}\.$/);
  });

  it('find a resource that breaks a rule without a reason', () => {
    const bucket = new Bucket(new Stack(new App(), 'Careless'), 'open-bucket');
    expect(unexplained(findingsIn(bucket)).map(({ rule }) => rule)).toContain('S3BucketVersioningEnabled');
  });
});
