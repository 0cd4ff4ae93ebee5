// Administrative calls on the CMKs, in the form in which CloudTrail reports them: the local KMS has no administrators.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const ADMIN = 'arn:aws:sts::000000000000:assumed-role/Admin/mallory';

onEngine('an administrative call on a CMK', () => {
  const portunus = usePortunus();
  const keyArn = () => {
    const store = portunus.current.lambda.functions().find(({ name }) => name.endsWith('keys-store'));
    return String(store?.environment['VAULT_KEY_ARN']);
  };

  function report(eventName: string, ARN: string, more: object = {}): void {
    portunus.current.events.putServiceEvent({
      source: 'aws.kms',
      detailType: 'AWS API Call via CloudTrail',
      time: '2026-11-28T10:00:00Z',
      detail: {
        eventID: randomUUID(),
        eventTime: '2026-11-28T10:00:00Z',
        eventSource: 'kms.amazonaws.com',
        eventName,
        readOnly: false,
        sourceIPAddress: '203.0.113.7',
        userIdentity: { type: 'AssumedRole', arn: ADMIN, accountId: '000000000000' },
        requestParameters: { keyId: ARN.split('/').at(-1) },
        resources: [{ ARN, accountId: '000000000000', type: 'AWS::KMS::Key' }],
        ...more,
      },
    });
  }
  const linesAbout = async (eventName: string) => {
    await portunus.current.events.settled();
    return portunus.current.events
      .published()
      .map(({ message }) => message)
      .filter((line) => line.includes(`KMS ${eventName} `));
  };

  it.each(['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy', 'CreateGrant'])(
    '%s puts a line with key, caller and time on the ops topic',
    async (eventName) => {
      report(eventName, keyArn());
      const [line] = await linesAbout(eventName);
      const keyId = keyArn().split('/').at(-1) ?? '?';
      for (const part of ['critical:', keyId, ADMIN, '203.0.113.7', '2026-11-28T10:00:00Z'])
        expect(line).toContain(part);
    },
  );

  it('is reported although KMS denied it', async () => {
    report('DisableKeyRotation', keyArn(), { errorCode: 'AccessDenied' });
    expect(await linesAbout('DisableKeyRotation')).toEqual([expect.stringContaining('AccessDenied')]);
  });

  it('is no matter of this stage if the key is none of its own, and a use of the key is none', async () => {
    report('DisableKey', 'arn:aws:kms:eu-central-1:000000000000:key/of-somebody-else');
    report('GenerateDataKey', keyArn());
    await portunus.current.events.settled();
    const lines = portunus.current.events.published().map(({ message }) => message);
    expect(lines.filter((line) => /of-somebody-else|KMS GenerateDataKey/.test(line))).toEqual([]);
  });
});
