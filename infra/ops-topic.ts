// Every notice an owner gets, as one line for those who run the stage: whoever subscribes to this topic reads them.
import { CfnOutput, Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

import { deadLetterQueue } from './dead-letter-queue.ts';
import type { FunctionSite } from './function.ts';

const field = (name: string) => EventField.fromPath(`$.detail.${name}`);

export function opsTopic(scope: Construct, { data, config }: FunctionSite): Topic {
  // No CMK: a message names a key id and an owner's id, no person and no secret. AWS's own key is none EventBridge may use.
  const topic = new Topic(scope, 'ops-topic', {
    topicName: `portunus-${config.stage}-ops`,
    displayName: `Portunus ${config.stage}`,
    enforceSSL: true,
  });
  new Rule(scope, 'ops-notices-rule', {
    description: 'Notices to the ops topic',
    eventBus: data.auditBus,
    eventPattern: { source: ['portunus.audit'], detail: { act: ['notice.raised'] } },
    targets: [
      new SnsTopic(topic, {
        message: RuleTargetInput.fromText(
          `Portunus ${config.stage}: ${field('severity')} notice ${field('reason')} about ${field('target')}, ` +
            `owner ${field('uid')}, at ${field('ts')} (audit record ${field('eventId')}).`,
        ),
        deadLetterQueue: deadLetterQueue(scope, 'ops-notices-dead-letters'),
        retryAttempts: 8,
        maxEventAge: Duration.hours(2),
      }),
    ],
  });
  new CfnOutput(scope, 'OpsTopicArn', {
    value: topic.topicArn,
    description: 'Subscribe those who run this stage: they get a line for every notice.',
  });
  return topic;
}
