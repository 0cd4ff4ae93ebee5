import { describe, expect, it } from 'vitest';

import { resourcesOf, synthesise } from './synthesised.ts';

describe('the event rule of the decrypt reconciliation', () => {
  it.each([[[1]], [[2, 1]]])('is every Decrypt under the vault’s CMKs (%s) and nothing else', (vaultKeys) => {
    const stage = synthesise({ stage: 'dev', vaultKeys });
    const rules = resourcesOf(stage, 'AWS::Events::Rule').filter(({ Description }) =>
      String(Description).includes('on-key-opened'),
    );
    expect(rules).toMatchObject([
      {
        // Plain ENABLED gets no calls that only read, and a Decrypt is one.
        State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
        EventPattern: {
          source: ['aws.kms'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventSource: ['kms.amazonaws.com'],
            eventName: ['Decrypt'],
            resources: { ARN: vaultKeys.map(() => expect.anything()) },
          },
        },
      },
    ]);
    expect(rules[0]).not.toHaveProperty('EventBusName'); // CloudTrail knows the default bus only
    expect(JSON.stringify(rules[0]?.['EventPattern'])).not.toContain('FingerprintKey');
  });
});
