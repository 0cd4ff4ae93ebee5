// A call as CloudTrail puts it on the default bus, limited to the fields that the template's rules and functions read.
import { randomUUID } from 'node:crypto';

import type { Site } from '#local/cloudformation/resource-type.ts';
import type { Entry } from '#local/events/event.ts';

import type { KmsLogEntry } from './kms-log.ts';

const CHANGING = /^(?:Enable|Disable|Rotate|Schedule|Cancel)/;

export function cloudTrailEvent(entry: KmsLogEntry, { account, region }: Site): Entry {
  const { at, operation, caller, keyArns, encryptionContext, result } = entry;
  const contextName = operation === 'ReEncrypt' ? 'sourceEncryptionContext' : 'encryptionContext';
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`; // whole seconds, as CloudTrail counts
  return {
    source: 'aws.kms',
    detailType: 'AWS API Call via CloudTrail',
    time,
    detail: {
      eventVersion: '1.11',
      eventID: randomUUID(),
      eventTime: time,
      eventSource: 'kms.amazonaws.com',
      eventName: operation,
      eventType: 'AwsApiCall',
      eventCategory: 'Management',
      managementEvent: true,
      readOnly: !CHANGING.test(operation),
      awsRegion: region,
      recipientAccountId: account,
      userIdentity: { accountId: account, arn: `arn:aws:sts::${account}:assumed-role/local/${caller}` },
      requestParameters: encryptionContext ? { [contextName]: encryptionContext } : null,
      responseElements: null,
      resources: keyArns.map((ARN) => ({ ARN, accountId: account, type: 'AWS::KMS::Key' })),
      ...(result !== 'ok' && { errorCode: result.replace(/^(AccessDenied)Exception$/, '$1') }),
    },
  };
}
