// Operator topic: notices and changed audit records, one line each, for its subscribers.
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

import { deadLetterQueue } from './dead-letter-queue.ts';
import type { FunctionSite } from './function.ts';

const field = (name: string) => EventField.fromPath(`$.detail.${name}`);

const LINES = {
  notices: {
    act: 'notice.raised',
    text: `${field('severity')} notice ${field('reason')} about ${field('target')}`,
  },
  tampering: {
    act: 'audit.tampered',
    text: `critical: audit record ${field('target')} was ${field('reason')} after it was written`,
  },
};

export function opsTopic(scope: Construct, { data, config }: FunctionSite): Topic {
  const prefix = `portunus-${config.stage}`;
  // No CMK: a message contains a key id and an owner id, no person and no secret. EventBridge cannot use the
  // AWS-managed key.
  const topic = new Topic(scope, 'ops-topic', {
    topicName: `${prefix}-ops`,
    displayName: `Portunus ${config.stage}`,
    enforceSSL: true,
  });
  if (config.operatorEmail) topic.addSubscription(new EmailSubscription(config.operatorEmail));
  const deadLetters = deadLetterQueue(scope, 'ops-notices-dead-letters');
  for (const [name, { act, text }] of Object.entries(LINES)) {
    const ruleName = `${prefix}-ops-${name}`;
    const rule = new Rule(scope, `ops-${name}-rule`, {
      ruleName,
      description: `${act} to the ops topic`,
      eventBus: data.auditBus,
      eventPattern: { source: ['portunus.audit'], detail: { act: [act], change: ['INSERT'] } },
    });
    rule.addTarget(
      new SnsTopic(topic, {
        role: publisher(scope, { name, ruleName: `${data.auditBus.eventBusName}/${ruleName}` }),
        message: RuleTargetInput.fromText(
          `Portunus ${config.stage}: ${text}, owner ${field('uid')}, at ${field('ts')} (audit record ${field('eventId')}).`,
        ),
        deadLetterQueue: deadLetters,
        retryAttempts: 8,
        maxEventAge: Duration.hours(2),
      }),
    );
  }
  new CfnOutput(scope, 'OpsTopicArn', {
    value: topic.topicArn,
    description: 'Subscribe those who run this stage: they get a line for every notice.',
  });
  return topic;
}

/**
 * EventBridge sends no `aws:SourceArn` to a topic's policy, so a policy for EventBridge would admit rules of any
 * account. Instead the rule publishes with a role that trusts only this rule.
 */
function publisher(scope: Construct, { name, ruleName }: { name: string; ruleName: string }): Role {
  const { account } = Stack.of(scope);
  const ruleArn = Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: ruleName });
  return new Role(scope, `ops-${name}-role`, {
    description: `Publishes ${name} to the ops topic`,
    assumedBy: new ServicePrincipal('events.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnEquals: { 'aws:SourceArn': ruleArn },
      },
    }),
  });
}
